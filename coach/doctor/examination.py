"""The examination: field after field, and none of them keeps the report from coming.

Here the real devices and files meet the judgements. Whatever stands in the way of a field becomes a finding of
it: an error with its remedy, a sound system that does not answer, or something that nobody foresaw. That is why
this is the one place beside the command line that catches everything.
"""

import getpass
import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Final, Generic, TypeVar

from coach import content
from coach.devices import room as sound_card
from coach.devices.calendar import KeptCalendar
from coach.devices.crashes import look as look_at_crashes
from coach.devices.echo import EchoCanceller
from coach.devices.store import find_damage, is_there, set_aside
from coach.doctor import FIELDS, UNEXPECTED, Field, Finding, devices, files, hearing, machine, service, sound
from coach.errors import CoachError, EarsUnfit, EchoUnavailable, MouthFailed, RoomLost, StoreFailed
from coach.installation.units import Kind
from coach.models import shelf
from coach.ports import Echo, Pcm
from coach.rehearsal.mouth import HummingMouth
from coach.session.messages import Line
from coach.session.phrases import Voice
from coach.session.table import MOVING, spoken_in
from coach.voice_queue import USUAL_LEAD_IN

ANSWERS_WITHIN_S: Final = 15.0
"""To list or to open the devices; a frozen sound server never answers."""

_HUMMED: Final = ("Hummed in place of a sentence that nobody can say", "and a second one, for the same reason")

Told = tuple[Field, Sequence[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is to be examined.

    Attributes:
        voice: the voice's name.
        ears: the model that was named; None for the usual one.
        store: the history file.
        microphone: number or part of the name; None for the default.
        speaker: likewise.
        has_microphone: whether one is wanted at all.
        playing: whether anything may be played.
        only: the fields to examine; with the sound come the devices.
        settings: the names of those that mean something.
        setting_mistakes: what is wrong with settings of the environment, one sentence each.
        environment: where settings stand.
        root: where the kernel's files are.
    """

    voice: str
    ears: Path | None
    store: Path
    microphone: str | None = None
    speaker: str | None = None
    has_microphone: bool = True
    playing: bool = True
    only: Collection[Field] = FIELDS
    settings: Collection[str] = ()
    setting_mistakes: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    root: Path = Path("/")


class TookTooLong(Exception):
    """Something never came back; its thread is left behind and cannot be ended."""


class Examination:
    """One examination.

    Args:
        case: what is to be examined.
        tell: told what is being done, and the share done of it.
    """

    def __init__(self, case: Case, tell: sound.Tell) -> None:
        self._case = case
        self._tell = tell
        self._voice: Voice | None = None
        self._speech: tuple[Pcm, ...] = ()
        self.hangs = False
        """Whether something hangs for ever: then this process cannot end in the usual way."""

    def fields(self) -> Iterator[Told]:
        """Examine one field after the other; each is told as soon as it is known."""
        only = self._case.only
        # The machine is looked at before anything keeps it busy, and the sound is measured with the voice: both
        # come first, and are told in their places.
        machine_seen = self._safely("machine", "asking the kernel", self._machine)
        mouth = self._safely("hearing", "trying the voice", self._mouth) if {"sound", "hearing"} & {*only} else ()
        if {"devices", "sound"} & {*only}:
            known = self._safely("devices", "looking for devices", self._devices)
            yield "devices", known
        if "sound" in only:
            yield "sound", self._safely("sound", "opening the devices", self._sound, known)
        if "hearing" in only:
            yield "hearing", [*self._safely("hearing", "trying the ears", self._ears), *mouth]
        if "files" in only:
            in_files = (self._content, self._store, self._disk, self._installed)
            yield "files", [it for part in in_files for it in self._safely("files", "reading files", part)]
        if "machine" in only:
            yield "machine", machine_seen
        if "service" in only:
            in_service = (self._service, self._offline)
            yield "service", [it for part in in_service for it in self._safely("service", "asking systemd", part)]

    def _safely(
        self, where: Field, doing: str, examine: Callable[..., Sequence[Finding]], *known: object
    ) -> Sequence[Finding]:
        self._tell(doing, 0.0)
        try:
            return examine(*known)
        except Exception as defect:  # noqa: BLE001 - whatever it is, the rest of the report must come
            what = defect.what if isinstance(defect, CoachError) else f"{type(defect).__name__}: {defect}"
            remedy = (
                defect.remedy if isinstance(defect, CoachError) else "Please report it: coach doctor --bundle."
            )
            return [
                Finding(
                    field=where,
                    key=UNEXPECTED,
                    judgement="trouble",
                    what=f"Something unexpected came in the way of {doing}: {what}",
                    remedy=remedy,
                )
            ]

    # --- Devices and sound -------------------------------------------------------------------------------

    def _devices(self) -> Sequence[Finding]:
        case = self._case
        found: Sequence[sound_card.Device] = ()
        refused: list[Finding] = []
        try:
            found = within(ANSWERS_WITHIN_S, sound_card.devices)
        except RoomLost as error:
            refused = [devices.without_portaudio(error)]
        except TookTooLong:
            self.hangs = True
            refused = [_hanging("The sound system does not answer when asked for its devices.")]
        seen = devices.DevicesFound(
            devices=found,
            microphone=case.microphone,
            speaker=case.speaker,
            cards=devices.cards(case.root),
            holders=devices.holders(case.root),
            has_microphone=case.has_microphone,
        )
        return refused or devices.judge(seen)

    def _sound(self, found: Sequence[Finding]) -> Sequence[Finding]:
        if found and (stands_in_the_way := [it for it in found if it.judgement == "trouble"]):
            return [_unmeasured(stands_in_the_way[0].what)]
        if not self._case.has_microphone:
            return [_unmeasured("no microphone is wanted")]
        what = sound.programme(self._speech or _hum()) if self._case.playing else sound.silent_programme()
        try:
            tracks = within(what.seconds + ANSWERS_WITHIN_S, lambda: self._listen(what))
        except RoomLost as error:
            return [
                Finding(field="sound", key="no_room", judgement="trouble", what=error.what, remedy=error.remedy),
                _unmeasured("the devices could not be used"),
            ]
        except TookTooLong:
            self.hangs = True
            return [_hanging("The sound system stopped answering.")]
        measured = sound.measure(tracks, what, _canceller() if self._case.playing else None)
        return sound.judge(measured, _lead_in(self._case.environment))

    def _listen(self, what: sound.Programme) -> sound.Tracks:
        with closing(sound_card.open_room(self._case.microphone, self._case.speaker)) as room:
            return sound.play(room, what, self._tell, lambda: room.tally)

    # --- Ears and mouth ----------------------------------------------------------------------------------

    def _mouth(self) -> Sequence[Finding]:
        from coach.devices.mouth import SpeakingMouth  # noqa: PLC0415 - starts another process

        try:
            self._voice = voice = content.load_voice(self._case.voice)
        except CoachError:
            return ()  # its mistakes are told among the files
        began = time.perf_counter()
        try:
            with closing(SpeakingMouth(voice.espeak_voice, pitch=voice.pitch)) as mouth:
                self._speech = tuple(
                    mouth.speak(Line(text, voice.words_per_minute)) for text in voice.say("doctor_speaks")
                )
        except MouthFailed as error:
            return [hearing.mute(error)]
        return [hearing.spoke(sum(map(len, self._speech)) / 32_000, time.perf_counter() - began)]

    def _ears(self) -> Sequence[Finding]:
        from coach.devices.ears import VoskEars, missing_phrases  # noqa: PLC0415 - loads Vosk

        case, voice = self._case, self._voice
        chosen = case.ears or shelf.chosen_model(case.voice, case.environment)
        if voice is None:
            return [_note("words", "The ears were not tried: the voice's files have mistakes (see below).")]
        began = time.perf_counter()
        try:
            ears = VoskEars(chosen, voice.decoys, voice.homophones, voice.carriers)
            loaded_s = time.perf_counter() - began
            lacks = missing_phrases(ears, voice.understands)
        except EarsUnfit as error:
            return [hearing.unfit(error)]
        self._tell("timing the ears", 0.5)
        phrases = hearing.phrases_in_a_session(voice, spoken_in(MOVING))
        speed = hearing.speed_of(ears, phrases, Pcm(b"".join(self._speech or _hum())))
        of = sum(map(len, voice.understands.values()))
        origin = "named" if case.ears else "bundled" if chosen == shelf.bundled(case.voice) else "installed"
        return hearing.judge(hearing.EarsMeasured(chosen, origin, loaded_s, lacks, of, speed))

    # --- Files -------------------------------------------------------------------------------------------

    def _content(self) -> Sequence[Finding]:
        case = self._case
        report = content.check((), voice=case.voice)
        home = shelf.shelf(case.voice, case.environment)
        there = [*(it.name for it in shelf.installed(home)), shelf.BUNDLED]
        warnings: list[str] = []
        KeptCalendar(case.store.parent / "reminders.json", warnings.append).close()
        choice = files.judge_choice(shelf.chosen(home), there)
        names = [name for name in case.environment if name.startswith("COACH_")]
        return [
            files.judge_content(
                len(report.files), tuple(map(str, report.mistakes)), tuple(map(str, report.warnings))
            ),
            *files.judge_settings(names, case.settings, case.setting_mistakes),
            *([choice] if choice else []),
            files.judge_reminders(warnings),
        ]

    def _store(self) -> Sequence[Finding]:
        path = self._case.store
        try:
            return files.judge_store(
                there=is_there(path), damages=len(find_damage(path)), set_aside=len(set_aside(path))
            )
        except StoreFailed as error:
            return [files.unreadable(error)]

    def _disk(self) -> Sequence[Finding]:
        return [files.judge_disk(files.disk_of(self._case.store.parent))]

    def _installed(self) -> Sequence[Finding]:
        return [files.judge_installed(files.compare(files.installed_files()))]

    # --- Machine and service -----------------------------------------------------------------------------

    def _machine(self) -> Sequence[Finding]:
        return machine.judge(machine.look(self._case.root))

    def _service(self) -> Sequence[Finding]:
        seen, refused = [], []
        kinds: tuple[Kind, ...] = ("user", "system")
        for kind in kinds:
            try:
                seen.append(service.look(kind, _user()))
            except CoachError as error:
                refused.append(service.unreadable(error))
        record = look_at_crashes(self._case.store.parent / "crashes.json")
        return [*refused, *service.judge([it for it in seen if it], record)]

    def _offline(self) -> Sequence[Finding]:
        return [service.judge_offline(refused=service.network_is_refused())]


def _lead_in(environment: Mapping[str, str]) -> int:
    """The lead-in that is set; the usual one if none is, or one that cannot be used."""
    text = environment.get("COACH_LEAD_IN", "")
    return int(text) if text.isdecimal() else USUAL_LEAD_IN


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return str(os.getuid())


def _hum() -> tuple[Pcm, ...]:
    mouth = HummingMouth()
    return tuple(mouth.speak(Line(text, 150)) for text in _HUMMED)


def _canceller() -> Echo | None:
    try:
        return EchoCanceller()
    except EchoUnavailable:
        return None


def _hanging(what: str) -> Finding:
    return Finding(
        field="sound",
        key="hangs",
        judgement="trouble",
        what=what,
        remedy="Restart the sound server (systemctl --user restart pipewire pipewire-pulse wireplumber, or else "
        "pulseaudio -k), or the machine.",
    )


def _unmeasured(why: str) -> Finding:
    reason = f"{why[0].lower()}{why[1:].rstrip('.')}"
    return _note(
        "unmeasured",
        f"Noise, clipping, dropouts, delay, drift and echo were not measured: {reason}.",
        where="sound",
    )


def _note(key: str, what: str, where: Field = "hearing") -> Finding:
    return Finding(field=where, key=key, judgement="note", what=what)


_Result = TypeVar("_Result")


class _Errand(Thread, Generic[_Result]):
    """Does something in a thread of its own, and keeps what came of it."""

    def __init__(self, errand: Callable[[], _Result]) -> None:
        super().__init__(daemon=True)
        self._errand = errand
        self.result: list[_Result] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.result.append(self._errand())
        except BaseException as error:  # noqa: BLE001 - it is raised again where the errand was given
            self.error = error


def within(seconds: float, errand: Callable[[], _Result]) -> _Result:
    """Return what something returns, or raise what it raises, if it comes to an end in time.

    Args:
        seconds: how long to wait.
        errand: what to do; in a thread of its own, which is left behind if it takes longer.

    Raises:
        TookTooLong: it did not end in time.
    """
    thread = _Errand(errand)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TookTooLong
    if thread.error is not None:
        raise thread.error
    return thread.result[0]
