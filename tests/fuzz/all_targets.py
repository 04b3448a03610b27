"""Everything that is fuzzed, by name."""

from fuzz import annotated_targets as annotated
from fuzz import competition_targets as competition
from fuzz import photograph_targets as photographs
from fuzz import report_targets as report
from fuzz import run_targets as runs
from fuzz import web_targets as web
from fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for module in (competition, runs, annotated, photographs, web, report)
    for target in module.TARGETS
}
