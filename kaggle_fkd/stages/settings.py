"""settings: a list of all settings, with their defaults and meanings."""

import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from kaggle_fkd.config import all_settings, setting_text
from kaggle_fkd.presets import PRESETS
from kaggle_fkd.stages.stage import Made, Stage

if TYPE_CHECKING:
    from kaggle_fkd.task import Task

WIDTH = 100


@dataclass(frozen=True, kw_only=True)
class Settings(Stage):
    """What --set takes: every setting with its default and its meaning."""

    summary: ClassVar[str] = "a list of all settings of --set, with their meanings"
    needs_task: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[tuple[str, ...]] = ("settings",)

    def run(self, task: "Task | None", made: Made) -> Made:
        """The list, for stdout."""
        lines = []
        for name, default, meaning in all_settings():
            lines.append(f"{name} (default: {setting_text(default) or 'empty'})")
            lines += textwrap.wrap(meaning, WIDTH, initial_indent="    ", subsequent_indent="    ")
        lines += ["", "Presets have other defaults:"]
        for preset, values in PRESETS.items():
            text = ", ".join(f"{name}={setting_text(value)}" for name, value in values.items())
            lines += textwrap.wrap(f"{preset}: {text or 'none'}", WIDTH, subsequent_indent="    ")
        return replace(made, document="\n".join(lines))
