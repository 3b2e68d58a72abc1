"""What follows from what was measured: each figure with its bounds, its sentence and its remedy."""

import math
from collections.abc import Mapping
from typing import Final

from coach.doctor import NO_FIGURES, Figure, Finding, Judgement
from coach.doctor.sound.measuring import EchoMeasured, PathMeasured, SoundMeasured
from coach.doctor.sound.played import GAPS_MS, QUIET, SETTLING
from coach.echo_path import SETTLED_DB
from coach.ports import SAMPLE_RATE
from coach.voice_queue import SLEEPS_AFTER, USUAL_LEAD_IN

NOISY_DBFS, TOO_NOISY_DBFS = -50.0, -38.0
"""A voice arrives at about -26 dBFS: then a word stands out by 24 dB, or by no more than 12."""

CLIPPED_A_LITTLE, CLIPPED = 1e-5, 1e-3
"""Shares of samples: about two in ten seconds, and one in a thousand."""

LONG_DELAY_MS, TOO_LONG_DELAY_MS = 250.0, 450.0
"""The coach takes what comes within 500 ms after its own words for their echo (``near_end.TAIL``)."""

FEW_DROPOUTS = 3

LARGE_DRIFT_PPM = 300.0
"""Quartz clocks differ by up to about 100; what is far beyond is no quartz, or the sound server at work."""

CANCELLED_WELL_DB, CANCELLED_DB = 20.0, 10.0
"""Less than 10 dB, and the coach takes its own echo for somebody who speaks (``near_end.SETTLED_DB``)."""

COVERED_MS: Final = 50
"""So much longer than what is swallowed a lead-in must be: a tick and a half, and its own faint beginning."""

NEAR_NOISE_DB, IN_NOISE_DB = 5.0, 2.0
"""What stands out of the noise by no more is hardly to be heard; by no more than the second, not at all."""


def judge(it: SoundMeasured, lead_in_ms: int = USUAL_LEAD_IN) -> tuple[Finding, ...]:
    """Return what follows from what was measured.

    Args:
        it: what was measured.
        lead_in_ms: the lead-in that this home has chosen.
    """
    if deaf := _deaf(it):
        return (deaf, _dropouts(it))
    findings = [_noise(it), _clipping(it), _dropouts(it)]
    if not it.played:
        return (*findings, _note("unplayed", "Delay, drift and echo were not measured: nothing was played."))
    if it.delay_ms is None:
        heard = f"the microphone heard {it.heard} of {it.chirps} tones"
        return (
            *findings,
            _note(
                "unheard",
                f"Delay, drift and echo were not measured: {heard}.",
                "With a headset that is as it should be; otherwise turn the loudspeaker up, and see that neither "
                "of the two is muted.",
                {"heard": it.heard, "of": it.chirps},
            ),
        )
    findings += [_delay(it), _drift(it)]
    if it.swallowed_ms is not None:
        findings.append(_first_syllables(it.swallowed_ms, lead_in_ms))
    return (*findings, *([_echo_found(it.echo)] if it.echo else []))


def _found(
    key: str, judgement: Judgement, what: str, remedy: str = "", figures: Mapping[str, Figure] = NO_FIGURES
) -> Finding:
    known = {name: _plain(figure) for name, figure in figures.items()}
    return Finding(field="sound", key=key, judgement=judgement, what=what, remedy=remedy, figures=known)


def _note(key: str, what: str, remedy: str = "", figures: Mapping[str, Figure] = NO_FIGURES) -> Finding:
    return _found(key, "note", what, remedy, figures)


def _plain(figure: Figure) -> Figure:
    """As other programs can read it: JSON knows no infinity."""
    if isinstance(figure, float):
        return round(figure, 3) if math.isfinite(figure) else None
    return figure


def _deaf(it: SoundMeasured) -> Finding | None:
    # A virtual microphone delivers zeros while nothing sounds; one that heard the tones is not deaf.
    if it.heard or max(it.silent_share, it.stuck_share) < 0.9:
        return None
    what = "nothing but zeros" if it.silent_share >= it.stuck_share else "one value over and over"
    return _found(
        "deaf",
        "trouble",
        f"The microphone delivers {what}: it is muted, switched off, or not there.",
        "Switch it on and unmute it (its own button, alsamixer, the sound settings); then look again.",
        {"silent_share": it.silent_share, "stuck_share": it.stuck_share},
    )


def _noise(it: SoundMeasured) -> Finding:
    if math.isinf(it.noise_dbfs):
        return _note(
            "noise",
            "In the quiet the microphone delivers exact zeros, as if it were switched off.",
            "Switch its noise suppression off: after three seconds of zeros the coach takes it for deaf.",
            {"noise_dbfs": None},
        )
    level = f"{it.noise_dbfs:.0f} dBFS"
    if it.noise_dbfs > TOO_NOISY_DBFS:
        return _found(
            "noise",
            "trouble",
            f"The room, or the microphone itself, is too noisy: {level} without anybody speaking.",
            "Switch off what hums, blows or plays, turn the microphone's gain down, or bring it closer to you; a "
            "voice should be well above.",
            {"noise_dbfs": it.noise_dbfs},
        )
    if it.noise_dbfs > NOISY_DBFS:
        return _note(
            "noise",
            f"The room is rather noisy: {level} without anybody speaking.",
            "Switch off what hums, blows or plays, or bring the microphone closer to you.",
            {"noise_dbfs": it.noise_dbfs},
        )
    return _found("noise", "ok", f"The room is quiet: {level}.", figures={"noise_dbfs": it.noise_dbfs})


def _clipping(it: SoundMeasured) -> Finding:
    worst = max(it.clipped_quiet, it.clipped_playing)
    figures = {"clipped_quiet": it.clipped_quiet, "clipped_playing": it.clipped_playing}
    share = f"{100 * worst:.2g} % of the samples are at full scale"
    if it.clipped_quiet > CLIPPED:
        what = f"The microphone is overdriven, even while nothing plays: {share}."
        return _found(
            "clipping", "trouble", what, "Turn the microphone's gain down (alsamixer, F4).", figures=figures
        )
    remedy = "Turn the loudspeaker or the microphone's gain down, or move the two apart."
    if worst > CLIPPED:
        what = f"The coach's own voice overdrives the microphone: {share}."
        return _found("clipping", "trouble", what, remedy, figures=figures)
    if worst > CLIPPED_A_LITTLE:
        return _note("clipping", f"The microphone is overdriven now and then: {share}.", remedy, figures=figures)
    return _found("clipping", "ok", "The microphone is not overdriven.", figures=figures)


def _dropouts(it: SoundMeasured) -> Finding:
    tally = it.tally
    figures = {
        "underruns": tally.underruns,
        "overruns": tally.overruns,
        "glitches": tally.glitches,
        "jumps": it.jumps,
        "seconds": it.seconds,
    }
    # A lost block shows in the tally and as a jump: it is counted once.
    lost = max(tally.underruns + tally.overruns + tally.glitches, it.jumps)
    within = f"in {it.seconds:.0f} s"
    if lost == 0:
        return _found("dropouts", "ok", f"No sound was lost {within}.", figures=figures)
    kinds = ", ".join(
        f"{count} {name}"
        for name, count in (
            ("to the loudspeaker", tally.underruns),
            ("from the microphone", tally.overruns),
            ("told by the devices", tally.glitches),
            ("seen as jumps of the delay", it.jumps),
        )
        if count
    )
    return _found(
        "dropouts",
        "note" if lost <= FEW_DROPOUTS else "trouble",
        f"Sound was lost {lost} times {within} ({kinds})."
        if lost > 1
        else f"Sound was lost once {within} ({kinds}).",
        "End other programs, give the devices a socket of their own, and see what is told of the machine below.",
        figures=figures,
    )


def _delay(it: SoundMeasured) -> Finding:
    assert it.delay_ms is not None
    what = f"From loudspeaker to microphone sound takes {it.delay_ms:.0f} ms, with everything on the way"
    if stated := it.tally.speaker_ms + it.tally.microphone_ms:
        what += f" (the devices themselves state {stated} ms)"
    figures = {"delay_ms": it.delay_ms, "heard": it.heard, "of": it.chirps}
    remedy = "Use a cable in place of Bluetooth, or another device; and leave out effects of the sound server."
    if it.delay_ms > TOO_LONG_DELAY_MS:
        return _found(
            "delay", "trouble", f"{what}: too long to tell the coach's echo from you.", remedy, figures=figures
        )
    if it.delay_ms > LONG_DELAY_MS:
        return _note("delay", f"{what}: that is long, and the coach halts so much later.", remedy, figures=figures)
    return _found("delay", "ok", f"{what}.", figures=figures)


def _drift(it: SoundMeasured) -> Finding:
    if it.drift is None:
        return _note(
            "drift", "The drift between the two clocks could not be told: too few tones in a row were heard."
        )
    drift = it.drift
    figures = {"ppm": drift.ppm, "uncertainty_ppm": drift.uncertainty_ppm, "over_s": drift.over_s}
    margin = f"give or take {max(1, math.ceil(drift.uncertainty_ppm))}, over {drift.over_s:.0f} s"
    if abs(drift.ppm) <= drift.uncertainty_ppm:
        what = f"No drift can be told between the two clocks: {round(drift.ppm)} ppm, {margin}."
        return _found("drift", "ok", what, figures=figures)
    which = "slower" if drift.ppm > 0 else "faster"
    what = f"Seen from the microphone, the loudspeaker's clock is {abs(drift.ppm):.0f} ppm {which} ({margin})"
    if abs(drift.ppm) - drift.uncertainty_ppm > LARGE_DRIFT_PPM:
        return _note(
            "drift",
            f"{what}: more than two quartz clocks differ by.",
            "The coach makes up for it in silence; if sound is lost too, try another device.",
            figures=figures,
        )
    return _found("drift", "ok", f"{what}; the coach makes up for it.", figures=figures)


def _first_syllables(swallowed_ms: int, lead_in_ms: int) -> Finding:
    after_s = (SETTLING + QUIET) // SAMPLE_RATE
    figures = {"swallowed_ms": swallowed_ms, "after_s": after_s, "lead_in_ms": lead_in_ms}
    after = f"after {after_s} s of silence"
    if swallowed_ms == 0:
        what = f"The loudspeaker swallows nothing {after}; one that falls asleep later is not found like this."
        return _found("first_syllables", "ok", what, figures=figures)
    about = "about" if swallowed_ms < sum(GAPS_MS) else "at least"
    what = f"The loudspeaker swallows {about} the first {swallowed_ms} ms {after}"
    pauses = f"pauses of {SLEEPS_AFTER // SAMPLE_RATE} s and more"
    awake = "Switch its automatic standby off, if it has one (docs/at-home.md)"
    if swallowed_ms + COVERED_MS <= lead_in_ms:
        what = f"{what}; after {pauses} the lead-in of {lead_in_ms} ms makes up for it."
        return _note("first_syllables", what, f"{awake}: then nothing is lost after shorter ones either.", figures)
    enough = 100 * math.ceil((swallowed_ms + 2 * COVERED_MS) / 100)
    remedy = f"{awake}. After {pauses} the coach can wake it: --lead-in {enough}, or COACH_LEAD_IN={enough}."
    return _note("first_syllables", f"{what}: first syllables are lost.", remedy, figures)


def _echo_found(echo: EchoMeasured) -> Finding:
    how = "fainter" if echo.return_loss_db >= 0 else "louder"
    loss = f"{abs(echo.return_loss_db):.0f} dB {how} than played"
    what = f"The coach's voice comes back at {echo.dbfs:.0f} dBFS, {loss}"
    path = echo.path
    figures = {
        "echo_dbfs": echo.dbfs,
        "return_loss_db": echo.return_loss_db,
        "cancelled_db": echo.cancelled_db,
        "left_over_noise_db": echo.left_over_noise_db,
        "path_removed_db": path.removed_db if path else None,
        "path_settled_after_s": path.settled_after_s if path else None,
        "path_within_s": path.within_s if path else None,
    }
    if echo.cancelled_db is None or echo.left_over_noise_db is None or path is None:
        return _note(
            "echo",
            f"{what}, and there is no echo canceller: the coach does not listen while it speaks.",
            "Install the package livekit.",
            figures=figures,
        )
    is_faint = echo.cancelled_db + echo.left_over_noise_db < SETTLED_DB  # no more of it can be told from the noise
    noticing, taken = _noticing(echo.cancelled_db, echo.left_over_noise_db)
    what = f"{what}; {taken}; {_understood(path, is_faint=is_faint)}."
    if noticing != "ok":
        return _found(
            "echo",
            noticing,
            what,
            "Turn the loudspeaker down, move it away from the microphone, or turn the microphone away from it.",
            figures,
        )
    if (path.settled_after_s is None or path.removed_db < CANCELLED_DB) and not is_faint:
        return _note(
            "echo",
            what,
            "Turn the loudspeaker down until nothing rattles, use a cable in place of Bluetooth, and leave out "
            "effects of the sound server.",
            figures,
        )
    return _found("echo", "ok", what, figures=figures)


def _noticing(cancelled_db: float, left_over_noise_db: float) -> tuple[Judgement, str]:
    taken = f"the canceller takes away {cancelled_db:.0f} dB of it"
    if left_over_noise_db < IN_NOISE_DB:
        return "ok", f"{taken}, down to the noise"
    if cancelled_db >= CANCELLED_WELL_DB or left_over_noise_db < NEAR_NOISE_DB:
        return "ok", taken
    if cancelled_db >= CANCELLED_DB:
        return "note", f"{taken}, which is little"
    return "trouble", f"{taken}: too little to notice you over it"


def _understood(path: PathMeasured, *, is_faint: bool) -> str:
    taken = f"{path.removed_db:.0f} dB of it taken away"
    if path.settled_after_s is not None and path.removed_db >= CANCELLED_DB:
        return f"the ears understand you over it after {path.settled_after_s:.1f} s of sound, {taken}"
    if is_faint:
        return "it is too close to the noise to be learnt for the ears"
    if path.settled_after_s is not None:
        return f"the ears hardly understand you over it, with no more than {taken}"
    return f"the ears do not understand you over it: not within {path.within_s:.0f} s of sound ({taken})"
