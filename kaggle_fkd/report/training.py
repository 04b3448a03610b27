"""The training in a report: the learning curves, and the results of each network."""

import math

from kaggle_fkd.figures.learning_curve import learning_curve
from kaggle_fkd.metrics import Metric
from kaggle_fkd.report.plots import plot
from kaggle_fkd.report.section import Block, Cell, Fold, Plot, Section, Table, Text, count, number
from kaggle_fkd.report.sources import ReportSources
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.text import count_of

CAPTION = (
    "By epoch, on a logarithmic scale. What a network learns from is augmented, which makes it "
    "harder; what it is validated on is not."
)


def training_section(sources: ReportSources) -> Section:
    """The learning curve of the first network, a row for each network, and the other curves."""
    run, members = sources.run, sources.run.members
    curves = [curve for member in members for curve in _curve(member)]
    blocks: list[Block] = [
        Text(
            f"{count_of(len(members), 'network')} of the model {run.config.train.model}, trained "
            f"on {_devices(members)}. A network is validated on the fold of the data that it held "
            "out. The weights are those of the last epoch: none was chosen by its score."
        ),
        *curves[:1],
        _networks(members),
    ]
    if curves[1:]:
        blocks.append(Fold(f"The other learning curves ({len(curves) - 1})", tuple(curves[1:])))
    return Section("training", "Training", tuple(blocks))


def _devices(members: list[Member]) -> str:
    """The devices and precisions that the networks were trained with, each once."""
    pairs = []
    for member in members:
        summary = member.summary
        precision = summary.get("precision", "an unknown precision")
        pairs.append(f"{summary.get('device', 'a device')}, in {precision}")
    return " and ".join(dict.fromkeys(pairs))


def _curve(member: Member) -> list[Plot]:
    """The learning curve of a network; nothing if its metrics are lost."""
    name = member.folder.name
    if not member.metrics_file.exists():
        return []
    figure = learning_curve(member.read_metrics(), name)
    return [plot(f"curve-{member.index}", figure, f"Learning curve of {name}", CAPTION)]


def _networks(members: list[Member]) -> Table:
    """A row for each network: what it held out, its scores and its time."""
    parts = list(dict.fromkeys(part for member in members for part in member.validation))
    parts = parts[:1] if len(parts) == 2 else parts  # the only convention repeats the total
    metric = members[0].metric
    columns = (
        "network", "fold held out", f"{members[0].noun}s trained on", "validated on",
        *(_column(metric, part) for part in parts), "minutes",
    )  # fmt: skip
    rows = tuple(_row(member, parts) for member in members)
    return Table("Validation of each network", columns, rows, sortable=len(rows) > 1)


def _column(metric: Metric, part: str) -> str:
    """The name of a column of scores, with their unit if they have one."""
    return f"{metric.title} ({metric.unit}), {part}" if metric.unit else f"{metric.title}, {part}"


def _row(member: Member, parts: list[str]) -> tuple[Cell, ...]:
    summary, noun, unknown = member.summary, member.noun, math.nan
    return (
        Cell(member.folder.name),
        count(member.fold),
        number(summary.get(f"training_{noun}s", unknown), 0),
        number(summary.get(f"validation_{noun}s", unknown), 0),
        *(number(member.validation.get(part, unknown), 3) for part in parts),
        number(summary.get("seconds", unknown) / 60, 1),
    )
