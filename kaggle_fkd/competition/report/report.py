"""The report of a run on the competition's data: its sections, in order."""

from kaggle_fkd.competition.load import Competition
from kaggle_fkd.competition.report.analysis import read_analysis
from kaggle_fkd.competition.report.data import data_section
from kaggle_fkd.competition.report.imputation import imputation_section
from kaggle_fkd.competition.report.predictions import prediction_section
from kaggle_fkd.competition.report.submissions import (
    best_score,
    sent_submissions,
    submission_section,
)
from kaggle_fkd.report.all_runs import runs_section
from kaggle_fkd.report.errors import error_section, worst_section
from kaggle_fkd.report.label_fixes import fix_sections
from kaggle_fkd.report.scores import score_section
from kaggle_fkd.report.section import Section
from kaggle_fkd.report.settings import settings_section
from kaggle_fkd.report.sources import ReportSources, read_evaluation
from kaggle_fkd.report.summary import summary_section
from kaggle_fkd.report.suspects import suspect_section
from kaggle_fkd.report.training import training_section


def competition_sections(sources: ReportSources, competition: Competition) -> list[Section]:
    """From the data to the submissions; raises FkdError for a damaged file."""
    train = competition.train
    analysis = read_analysis(sources.runs_dir, train)
    sent = sent_submissions(sources.submissions_dir)
    sections = [
        summary_section(sources, "training faces", len(train), best_score(sent, sources.run.name)),
        data_section(analysis, train, sources.command("eda")),
    ]
    if analysis is not None:
        sections.append(imputation_section(analysis, train))
    evaluation = read_evaluation(sources, train)
    sections += [training_section(sources), score_section(sources, evaluation)]
    if evaluation is not None:
        sections += [
            error_section(evaluation), worst_section(evaluation), suspect_section(evaluation),
            *fix_sections(evaluation),
        ]  # fmt: skip
    return [
        *sections,
        prediction_section(sources, competition),
        runs_section(sources),
        submission_section(sources, sent),
        settings_section(sources),
    ]
