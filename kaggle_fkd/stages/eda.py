"""eda: the analysis of the training faces, as figures and as the numbers behind them."""

from dataclasses import asdict

from kaggle_fkd import __version__
from kaggle_fkd.competition.eda.report import write_report
from kaggle_fkd.stages.context import Context
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import read_json_or_empty, replaced_folder, write_json


def run(context: Context) -> None:
    """Write the analysis to RUNS_DIR/eda-<data>, in place of one of the same data, if any.

    Skipped when that has the same settings and all its files.
    """
    competition, config = context.competition, context.config.eda
    folder = context.request.runs_dir / f"eda-{competition.train_digest[:12]}"
    receipt = folder / "inputs.json"
    inputs = {
        "version": __version__,
        "data_hash": competition.train_digest,
        "settings": asdict(config),
    }
    earlier = read_json_or_empty(receipt)
    files = earlier.pop("files", [])
    whole = all((folder / name).exists() for name in files)
    if not context.request.force and earlier == inputs and whole:
        log.info("skipped, as data and settings are unchanged: %s", folder)
        return
    with replaced_folder(folder) as new:
        write_report(competition.train, new, config)
        names = sorted(path.name for path in new.iterdir())
        write_json(new / receipt.name, {**inputs, "files": names})
    log.info("figures and tables: %s", folder)
