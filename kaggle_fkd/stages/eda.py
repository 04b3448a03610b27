"""eda: the analysis of the training faces, as figures and as the numbers behind them."""

import shutil
from dataclasses import asdict

from kaggle_fkd import __version__
from kaggle_fkd.analysis.report import write_report
from kaggle_fkd.stages.context import Context
from kaggle_fkd.system.console import log
from kaggle_fkd.system.files import read_json, write_json


def run(context: Context) -> None:
    """Write the analysis to RUNS_DIR/eda-<data>, unless it is there for the same data."""
    competition, config = context.competition, context.config.eda
    folder = context.request.runs_dir / f"eda-{competition.train_digest[:12]}"
    receipt = folder / "inputs.json"
    inputs = {
        "version": __version__,
        "data_hash": competition.train_digest,
        "settings": asdict(config),
    }
    if not context.request.force and receipt.exists() and read_json(receipt) == inputs:
        log.info("skipped, as data and settings are unchanged: %s", folder)
        return
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    write_report(competition.train, folder, config)
    write_json(receipt, inputs)
    log.info("figures and tables: %s", folder)
