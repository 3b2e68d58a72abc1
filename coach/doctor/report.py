"""The report: what was found, for a terminal, for other programs, and for the ear. Nothing is measured here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from rich.console import Console
from rich.markup import escape

from coach.doctor import EXIT_TROUBLE, TROUBLES, Field, Finding, Judgement
from coach.session.phrases import Voice

TITLES: Final[Mapping[Field, str]] = {
    "devices": "Devices",
    "sound": "Sound",
    "hearing": "Ears and voice",
    "files": "Files",
    "machine": "Machine",
    "service": "Service",
}

_MARKS: Final[Mapping[Judgement, str]] = {
    "ok": "[green]ok     [/]",
    "note": "[yellow]note   [/]",
    "trouble": "[bold red]trouble[/]",
}

_SPOKEN: Final = frozenset(key for keys in TROUBLES.values() for key in keys)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found.

    Attributes:
        findings: in the order of their fields.
        seconds: how long it took.
    """

    findings: Sequence[Finding]
    seconds: float

    @property
    def troubles(self) -> tuple[Finding, ...]:
        """What keeps the coach from working well."""
        return tuple(it for it in self.findings if it.judgement == "trouble")

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What is good to know."""
        return tuple(it for it in self.findings if it.judgement == "note")

    @property
    def exit_code(self) -> int:
        """0 if there is no trouble."""
        return EXIT_TROUBLE if self.troubles else 0

    @property
    def summary(self) -> str:
        """One sentence."""
        troubles, notes = len(self.troubles), len(self.notes)
        if troubles:
            return f"{_several(troubles, 'trouble')} and {_several(notes, 'note')} in {self.seconds:.0f} s."
        return f"No trouble, {_several(notes, 'note')}; examined in {self.seconds:.0f} s."

    def as_json(self) -> str:
        """All of it, for other programs of the owner."""
        whole = {
            "summary": self.summary,
            "troubles": len(self.troubles),
            "notes": len(self.notes),
            "seconds": round(self.seconds, 1),
            "findings": [asdict(it) | {"figures": dict(it.figures)} for it in self.findings],
        }
        return json.dumps(whole, indent=2)


def _several(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def show_field(console: Console, field: Field, findings: Sequence[Finding]) -> None:
    """Print what was found in one field."""
    console.print(f"[bold]{TITLES[field]}[/]")
    for it in findings:
        console.print(f"  {_MARKS[it.judgement]}  {escape(it.what)}", soft_wrap=True)
        for line in filter(None, (it.private, it.remedy)):
            console.print(f"           [dim]{escape(line)}[/]", soft_wrap=True)


def as_text(report: Report) -> str:
    """Return the report as plain text."""
    lines: list[str] = []
    for field, title in TITLES.items():
        found = [it for it in report.findings if it.field == field]
        lines += [title] if found else []
        for it in found:
            lines += [f"  {it.judgement:7}  {it.what}", *([f"           {it.remedy}"] if it.remedy else [])]
    return "\n".join([*lines, report.summary, ""])


def spoken(report: Report, voice: Voice) -> tuple[str, ...]:
    """Return what is said aloud: how many troubles there are, and for each its remedy."""
    if not report.troubles:
        return voice.say("doctor_well")
    count = len(report.troubles)
    first = voice.say("doctor_one_trouble") if count == 1 else voice.say("doctor_troubles", number=count)
    keys = dict.fromkeys(it.key if it.key in _SPOKEN else "unexpected" for it in report.troubles)
    return (*first, *(line for key in keys for line in voice.say(f"doctor_{key}")))
