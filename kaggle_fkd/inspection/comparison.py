"""Networks and their trainings side by side."""

from collections.abc import Iterable, Mapping

import pandas as pd
from matplotlib.figure import Figure

from kaggle_fkd.errors import UsageError
from kaggle_fkd.figures.learning_curve import validation_curves
from kaggle_fkd.networks import NETWORKS, build_to_load
from kaggle_fkd.networks.cost import count_multiply_adds, count_parameters
from kaggle_fkd.networks.shape import NetworkShape
from kaggle_fkd.runs.run import Run


def network_table(shape: NetworkShape, names: Iterable[str] = NETWORKS) -> pd.DataFrame:
    """A row for each network of that shape: its parameters and the multiply-adds of a face, in
    millions.

    Raises UsageError for a name that is not in the registry.
    """
    rows = {}
    for name in names:
        network = build_to_load(name, shape)
        rows[name] = {
            "parameters, M": count_parameters(network) / 1e6,
            "multiply-adds, M": count_multiply_adds(network, shape) / 1e6,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("network")


def score_comparison(runs: Mapping[str, Run]) -> pd.DataFrame:
    """A row for the first member of each run, by its name, the best first: its validation scores.

    They are those of all faces that it held out, and of each convention. Raises RunError for a run
    that is not trained, UsageError without runs.
    """
    if not runs:
        raise UsageError("there is no run to compare", "give at least one")
    rows = {}
    for name, run in runs.items():
        member = run.require_members().members[0]
        rows[name] = {
            f"{member.metric.name} {part}": value for part, value in member.validation.items()
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("network")
    return table.sort_values(table.columns[0])


def compare_runs(runs: Mapping[str, Run]) -> Figure:
    """The validation curve of the first member of each run, by its name."""
    curves = {name: run.require_members().members[0].read_metrics() for name, run in runs.items()}
    return validation_curves(curves, "Validation scores of the first member of each run")


def compare_members(run: Run) -> Figure:
    """The validation curves of all finished members of a run, each on the fold it held out."""
    members = run.require_members().members
    curves = {f"fold {member.fold}": member.read_metrics() for member in members}
    return validation_curves(curves, f"{run.config.train.model}: each member on its own fold")
