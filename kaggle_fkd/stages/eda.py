"""eda: the analysis of the training faces, as figures and as the numbers behind them."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from kaggle_fkd import __version__
from kaggle_fkd.stages.options import ForceOptions, SettingOptions
from kaggle_fkd.stages.stage import Made, Stage

if TYPE_CHECKING:
    from kaggle_fkd.competition.task import CompetitionTask
    from kaggle_fkd.task import Task


@dataclass(frozen=True, kw_only=True)
class Eda(SettingOptions, ForceOptions, Stage):
    """Images, missing labels, conventions, imputation, poses, repeats, odd labels; findings."""

    sections: ClassVar[tuple[str, ...]] = ("eda",)
    summary: ClassVar[str] = "the analysis of the training faces: figures, tables, numbers"
    examples: ClassVar[tuple[str, ...]] = ("eda", "eda --set eda.gallery_faces=48")

    def run(self, task: "Task", made: Made) -> Made:
        """Write RUNS_DIR/eda-<data>, replacing an earlier one of the same data.

        Skipped when that has the same settings and all its files.
        """
        from kaggle_fkd.competition.eda.folder import analysis_folder
        from kaggle_fkd.competition.eda.report import write_report
        from kaggle_fkd.system.console import log
        from kaggle_fkd.system.files import replaced_folder
        from kaggle_fkd.system.receipts import is_up_to_date, write_receipt

        config = task.config(None, self.overrides)
        competition = cast("CompetitionTask", task).competition
        faces = competition.train
        folder = analysis_folder(self.runs_dir, faces)
        inputs = {
            "version": __version__, "data_hash": faces.digest(),
            "test_hash": competition.test_digest, "settings": asdict(config.eda),
        }  # fmt: skip
        if not self.force and is_up_to_date(folder / "inputs.json", inputs):
            log.info("skipped, as data and settings are unchanged: %s", folder)
            return made
        with replaced_folder(folder) as new:
            write_report(faces, new, config.eda, competition.test)
            write_receipt(new / "inputs.json", inputs, sorted(new.iterdir()))
        log.info("figures and tables: %s", folder)
        return made
