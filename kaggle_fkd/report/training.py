"""The training in a report: the learning curves, and the results of each network."""

from kaggle_fkd.figures.learning_curve import learning_curve
from kaggle_fkd.report.plots import plot
from kaggle_fkd.report.section import Block, Cell, Fold, Plot, Section, Table, Text, count, number
from kaggle_fkd.report.sources import ReportSources, stored_table
from kaggle_fkd.runs.member import Member
from kaggle_fkd.system.text import count_of

CAPTION = (
    "Error by epoch, on a logarithmic scale. Training faces are augmented, which makes them "
    "harder; validation faces are not."
)


def training_section(sources: ReportSources) -> Section:
    """The learning curve of the first network, a row for each network, and the other curves."""
    run, members = sources.run, sources.run.members
    curves = [curve for member in members for curve in _curve(member)]
    blocks: list[Block] = [
        Text(
            f"{count_of(len(members), 'network')} of the model {run.config.train.model}, trained "
            f"on {_devices(members)}. A network is validated on the fold of the faces that it held "
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
    summaries = [member.summary for member in members]
    pairs = [f"{each.get('device', 'a device')}, in {each.get('precision')}" for each in summaries]
    return " and ".join(dict.fromkeys(pairs))


def _curve(member: Member) -> list[Plot]:
    """The learning curve of a network; nothing if its metrics are lost."""
    score, name = member.metric.name, member.folder.name
    metrics = stored_table(member.metrics_file, ("epoch", f"train_{score}", f"val_{score}"))
    if metrics is None:
        return []
    figure = learning_curve(metrics, name)
    return [plot(f"curve-{member.index}", figure, f"Learning curve of {name}", CAPTION)]


def _networks(members: list[Member]) -> Table:
    """A row for each network: what it held out, its scores and its time."""
    parts = list(dict.fromkeys(part for member in members for part in member.validation))
    parts = parts[:1] if len(parts) == 2 else parts  # the only convention repeats the total
    metric = members[0].metric
    columns = (
        "network", "fold held out", "trained on", "validated on",
        *(f"{metric.title} ({metric.unit}), {part}" for part in parts), "minutes",
    )  # fmt: skip
    rows = tuple(_row(member, parts) for member in members)
    return Table("Validation of each network", columns, rows, sortable=len(rows) > 1)


def _row(member: Member, parts: list[str]) -> tuple[Cell, ...]:
    summary = member.summary
    return (
        Cell(member.folder.name),
        count(member.fold),
        count(summary["training_faces"]),
        count(summary["validation_faces"]),
        *(number(member.validation.get(part, float("nan")), 3) for part in parts),
        number(summary["seconds"] / 60, 1),
    )
