"""Builds a parser from the options that the stages declare, and the stages from the arguments.

Only the options of the named stages are known to the parser. An option of another stage is rejected
with that stage's name, a misspelt one with the closest option.
"""

import argparse
import inspect
from collections.abc import Iterable, Sequence
from dataclasses import Field, dataclass, fields
from typing import Any, NoReturn

from kaggle_fkd import __version__
from kaggle_fkd.errors import UsageError, suggest
from kaggle_fkd.stages import ALL, STAGES, load_stage
from kaggle_fkd.stages.options import CommonOptions
from kaggle_fkd.stages.stage import Stage, name_of_stage, options_of

BEFORE = ("--quiet", "-h", "--help")
"""What may stand before the name of a stage."""
POSITIONAL = "positional "
"""Prefix of the names under which values without a flag are parsed."""

OVERVIEW = """\
usage: {prog} STAGE [inputs] [options]
       {prog} --stage STAGE[,STAGE...] [options]
       {prog} STAGE --help

Facial keypoints: from the Kaggle competition to any photograph.

stages:
{stages}
  all        = {all}

examples:
  everything, from the competition's files (or sample faces) to a submission:
    {prog} --stage all
  continue after Ctrl-C:
    {prog} --stage all --resume
  the classic baseline: LeNet, missing labels imputed by their mean:
    {prog} --stage train,predict --model lenet --set train.labels=imputed
  another network (lenet, cnn, naimishnet, ...):
    {prog} train --model naimishnet --lr 2e-3
  how good it is, by cross-validation (trains the members that are missing):
    {prog} evaluate
  68 keypoints on photographs, without any training:
    {prog} photo astronaut --filter sunglasses
    {prog} photo holiday/ --json > faces.json
  see what would be submitted, then submit it:
    {prog} submit
    {prog} submit --yes

Stages named together run once each, in the order above. download, eda, train and predict are
skipped when nothing has changed.
exit codes: 0 done, 1 failed (one line says why), 2 wrong usage, 130 interrupted"""


@dataclass(frozen=True)
class HelpRequest:
    """A help text to print, with the problem if the arguments were wrong."""

    text: str
    """What to print."""
    problem: str = ""
    """What is wrong with the arguments; empty when help was asked for."""


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, like all others."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"see {self.prog} --help")


def parse(arguments: Sequence[str], prog: str) -> tuple[Stage, ...] | HelpRequest:
    """The stages that the arguments ask for; raises UsageError for what does not fit them."""
    if not arguments:
        return HelpRequest(overview(prog), "no stage was given")
    if arguments[0] == "--version":
        return HelpRequest(__version__)
    text, rest, sub_command = _split(list(arguments), prog)
    if text is None:
        if {"-h", "--help"} & set(arguments):
            return HelpRequest(overview(prog))
        raise UsageError(
            "no stage was given", f"begin with the name of a stage, or use --stage: {prog} --help"
        )
    named = [name.strip() for name in text.split(",")]
    asked = stage_names(named)
    joined = ",".join(named)  # unlike the text, without white space
    shown = joined if sub_command else f"--stage {joined}"
    kinds = [load_stage(name) for name in asked]
    parser = _parser(kinds, prog, shown, sub_command)
    if {"-h", "--help"} & set(rest):
        return HelpRequest(parser.format_help().rstrip())
    # Intermixed, as options may stand between inputs: photo a.jpg --json b.jpg.
    namespace, unknown = parser.parse_known_intermixed_args(_without_dashes(rest))
    if unknown:
        _refuse(unknown, asked, parser.prog)
    values = {name: value for name, value in vars(namespace).items() if value is not None}
    flag_of = {each.name: each.metadata["flags"][0] for kind in kinds for each in options_of(kind)}
    for name in [name for name in values if name in flag_of]:
        _refuse_ambiguous(name, flag_of[name], kinds)
    for name in [name for name in values if name.startswith(POSITIONAL)]:
        given, option = values.pop(name), name.removeprefix(POSITIONAL)
        if given and option in values:
            raise UsageError(
                f"values were given both by {flag_of[option]} and without it",
                "give them in one way",
            )
        values.setdefault(option, given)
    values["may_use_sample"] = "all" in named
    return tuple(_build(kind, values) for kind in kinds)


def stage_names(named: Sequence[str]) -> list[str]:
    """The named stages in the pipeline's order; UsageError for an unknown one."""
    for name in named:
        if name not in (*STAGES, "all"):
            raise UsageError(f"there is no stage {name!r}", suggest(name, [*STAGES, "all"]))
    wanted = {*named, *(ALL if "all" in named else ())}
    return [name for name in STAGES if name in wanted]


def overview(prog: str) -> str:
    """The program in a page: its stages, examples and exit codes."""
    return OVERVIEW.format(
        prog=prog, stages=_summaries(map(load_stage, STAGES)), all=", ".join(ALL)
    )


def _summaries(kinds: Iterable[type[Stage]]) -> str:
    """A line for each stage."""
    return "\n".join(f"  {name_of_stage(kind):<10} {kind.summary}" for kind in kinds)


def _split(arguments: list[str], prog: str) -> tuple[str | None, list[str], bool]:
    """The stages' names, the other arguments, and whether the name came as a sub-command."""
    if any(each.partition("=")[0] == "--stage" for each in arguments):
        finder = _Parser(prog=prog, add_help=False, allow_abbrev=False)
        finder.add_argument("--stage", action="append")
        found, rest = finder.parse_known_args(arguments)
        return ",".join(found.stage), rest, False
    # Options with values stand behind the name: their values may be names of stages, too.
    at = next((at for at, each in enumerate(arguments) if each not in BEFORE), None)
    if at is None or arguments[at].startswith("-"):
        return None, arguments, True
    return arguments[at], arguments[:at] + arguments[at + 1 :], True


def _parser(kinds: Sequence[type[Stage]], prog: str, shown: str, sub_command: bool) -> _Parser:
    """A parser of the options of these stages alone, each declared once."""
    if len(kinds) == 1:
        description = inspect.cleandoc(str(kinds[0].__doc__))
        epilog = "\n".join(["examples:", *(f"  {prog} {line}" for line in kinds[0].examples)])
    else:
        description = _summaries(kinds)
        epilog = f"{prog} STAGE --help shows the options and examples of one stage."
    parser = _Parser(
        prog=f"{prog} {shown}", description=description, epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    parser.add_argument("--quiet", action="store_true", default=None, help="less output")
    common = parser.add_argument_group("options of every stage")
    shared = {each.name for each in options_of(CommonOptions)}  # type: ignore[arg-type]
    # Of stages that share an option, the first one's help is shown.
    declared = {each.name: each for kind in reversed(kinds) for each in options_of(kind)}
    for each in declared.values():
        _add(common if each.name in shared else parser, each, sub_command)
    return parser


def _add(parser: Any, each: Field[Any], sub_command: bool) -> None:
    """Declare one option, without a default: the stage has it."""
    argument = dict(each.metadata["argument"])
    if argument.get("action") == "store_true":
        argument["default"] = None
    parser.add_argument(*each.metadata["flags"], dest=each.name, **argument)
    if each.metadata["positional"] and sub_command:
        argument.pop("action", None)
        argument["nargs"] = "*" if "nargs" in argument else "?"
        parser.add_argument(f"{POSITIONAL}{each.name}", **argument)


def _without_dashes(arguments: list[str]) -> list[str]:
    """The arguments without "--": names behind it that look like options are paths, as ./-a.jpg.

    (In arguments that stand between options, argparse takes them for options all the same.)
    """
    if "--" not in arguments:
        return arguments
    at = arguments.index("--")
    names = [f"./{each}" if each.startswith("-") else each for each in arguments[at + 1 :]]
    return [*arguments[:at], *names]


def _refuse_ambiguous(name: str, flag: str, kinds: Sequence[type[Stage]]) -> None:
    """UsageError if the option means a folder to one of the stages, and a file to another."""
    type_of = {
        name_of_stage(kind): each.metadata["argument"].get("type")
        for kind in kinds for each in options_of(kind) if each.name == name
    }  # fmt: skip
    if len({*type_of.values()}) > 1:
        raise UsageError(
            f"{flag} does not mean the same to {' and '.join(type_of)}",
            "call these stages one after the other",
        )


def _build(kind: type[Stage], values: dict[str, Any]) -> Stage:
    """The stage with those of the values that are its options."""
    own = {each.name for each in fields(kind)}
    chosen = {name: value for name, value in values.items() if name in own and value != []}
    options: Any = {n: tuple(v) if isinstance(v, list) else v for n, v in chosen.items()}
    return kind(**options)


def _refuse(unknown: Sequence[str], asked: Sequence[str], prog: str) -> NoReturn:
    """UsageError for the first argument that the stages do not have."""
    first = next((each for each in unknown if each.startswith("-")), unknown[0])
    flag = first.partition("=")[0]
    flags = {
        name: {flag for each in options_of(load_stage(name)) for flag in each.metadata["flags"]}
        for name in STAGES
    }
    owners = [name for name, known in flags.items() if flag in known]
    if owners:
        raise UsageError(
            f"{flag} is an option of {', '.join(owners)}, but not of {', '.join(asked)}",
            "remove it, or add that stage",
        )
    if not flag.startswith("-"):
        raise UsageError(f"unexpected argument {first!r}", f"see {prog} --help")
    known = sorted({"--quiet"}.union(*(flags[name] for name in asked)))
    raise UsageError(f"unknown option {flag}", suggest(flag, known))
