"""The doctor's measurements in rooms whose faults are known, and what it makes of plain figures."""

import math
from dataclasses import replace

import numpy as np
import pytest

from coach.devices.echo import EchoCanceller
from coach.devices.room import PRIME
from coach.doctor.sound import (
    NO_TALLY,
    Drift,
    EchoMeasured,
    PathMeasured,
    SoundMeasured,
    drift_of,
    find_chirps,
    judge,
    measure,
    play,
    programme,
    silent_programme,
)
from coach.errors import RoomLost
from coach.ports import BLOCK_MS, SAMPLE_RATE, SILENCE, Block, Pcm, Room
from coach.rehearsal.amplifier import BehindAmplifier, SleepyAmplifier
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.room import QuietRoom
from coach.session.messages import Line, Milliseconds

from .rooms import FaultyRoom, StuckRoom, living_room

SENTENCES = [
    HummingMouth().speak(Line(text, 150)) for text in ("a sentence of about three seconds, hummed", "once more")
]
PROGRAMME = programme(SENTENCES)


def syllables(seconds: float, seed: int) -> Pcm:
    """As loud, as broad and as uneven as the coach's voice; a hum is so regular that every path fits it."""
    samples = int(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(samples))
    voiced = np.fft.irfft(spectrum / (1 + np.fft.rfftfreq(samples, 1 / SAMPLE_RATE) / 800))
    sound = voiced * np.clip(np.sin(2 * np.pi * 4 * np.arange(samples) / SAMPLE_RATE), 0, 1)
    return Pcm((sound * 2_000 / sound.std()).astype("<i2").tobytes())


SPOKEN = programme([syllables(4, seed=1), syllables(3, seed=2)])
BEHIND_THE_QUEUE_MS = PRIME * BLOCK_MS


def measured(room: Room, what=PROGRAMME, canceller=None) -> SoundMeasured:
    tally = (lambda: room.tally) if isinstance(room, FaultyRoom) else (lambda: NO_TALLY)
    return measure(play(room, what, lambda *_: None, tally), what, canceller)


# --- Measuring -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delay_ms", [5, 60, 180, 400, 700])
def test_the_delay_is_measured_to_a_tenth_of_a_millisecond(delay_ms):
    assert measured(living_room(echo_delay_ms=delay_ms)).delay_ms == pytest.approx(delay_ms, abs=0.1)


@pytest.mark.parametrize("noise_dbfs", [-70.0, -55.0, -40.0, -30.0])
def test_the_noise_is_measured_to_a_decibel(noise_dbfs):
    assert measured(living_room(noise_dbfs=noise_dbfs)).noise_dbfs == pytest.approx(noise_dbfs, abs=1.0)


@pytest.mark.parametrize("ppm", [-500.0, -80.0, 0.0, 30.0, 150.0, 1_000.0])
@pytest.mark.parametrize("noise_dbfs", [-60.0, -45.0])
def test_the_drift_is_measured_within_what_is_claimed_for_it(ppm, noise_dbfs):
    drift = measured(FaultyRoom(living_room(noise_dbfs=noise_dbfs), ppm=ppm)).drift
    assert drift is not None
    assert drift.ppm == pytest.approx(ppm, abs=max(drift.uncertainty_ppm, 2.0))
    assert drift.uncertainty_ppm < 10


def test_the_drift_is_measured_across_lost_blocks():
    found = measured(FaultyRoom(living_room(), ppm=120, lost=(300, 420)))
    assert (found.jumps, found.tally.overruns) == (2, 2)
    assert found.drift is not None
    assert found.drift.ppm == pytest.approx(120, abs=max(found.drift.uncertainty_ppm, 5.0))


def test_a_loop_that_is_late_lets_the_loudspeaker_run_dry_and_is_counted():
    found = measured(FaultyRoom(living_room(), late={350: 4}))
    assert found.tally.underruns == 4 - PRIME
    assert found.jumps == 1


def test_what_happens_while_streams_start_is_not_counted():
    assert measured(FaultyRoom(living_room(), late={10: 6})).tally.underruns == 0


def test_the_delay_holds_what_is_queued_before_the_loudspeaker():
    found = measured(FaultyRoom(living_room(echo_delay_ms=60)))
    assert found.delay_ms == pytest.approx(60 + BEHIND_THE_QUEUE_MS, abs=0.1)


@pytest.mark.parametrize("echo_db", [-30.0, -12.0, 0.0, 8.0])
def test_the_loss_of_the_echo_is_measured_to_a_decibel(echo_db):
    echo = measured(living_room(echo_db=echo_db)).echo
    assert echo is not None
    assert echo.return_loss_db == pytest.approx(-echo_db, abs=1.0)


def test_the_real_canceller_is_measured_with_the_coachs_own_voice():
    found = measured(living_room(echo_db=3), canceller=EchoCanceller())
    assert found.echo is not None
    assert found.echo.cancelled_db > 20
    assert found.echo.left_over_noise_db < 5


def test_without_a_canceller_nothing_is_claimed_of_it():
    echo = measured(living_room()).echo
    assert echo is not None
    assert echo.cancelled_db is None
    assert echo.path is None


@pytest.mark.parametrize(("ppm", "at_least_db"), [(0, 30), (50, 15)])
def test_what_the_ears_are_spared_of_the_coachs_voice_is_measured(ppm, at_least_db):
    path = measured(FaultyRoom(living_room(), ppm=ppm), SPOKEN, NoEcho()).echo.path
    assert path.removed_db > at_least_db
    assert 0.5 < path.settled_after_s < 3


def test_only_what_sounds_counts_as_sound_to_learn_from():
    path = measured(living_room(), SPOKEN, NoEcho()).echo.path
    # Nine tones of a tenth of a second, and syllables that are silent for half of their time, in blocks of 20 ms.
    assert 0.9 + 3.5 < path.within_s < 0.9 + 6.5
    assert path.settled_after_s <= path.within_s


def test_an_echo_that_comes_too_late_is_not_learnt_and_that_is_told():
    found = measured(living_room(echo_delay_ms=600), SPOKEN, EchoCanceller())
    assert found.echo.path.settled_after_s is None
    assert abs(found.echo.path.removed_db) < 3
    judgement, what, remedy = told(found)["echo"]
    assert judgement != "ok"
    assert "do not understand you over it: not within" in what
    assert remedy


def test_an_echo_that_is_too_faint_to_be_learnt_is_no_fault():
    found = measured(living_room(echo_db=-45), SPOKEN, EchoCanceller())
    assert found.echo.path.settled_after_s is None
    judgement, what, _ = told(found)["echo"]
    assert judgement == "ok"
    assert "too close to the noise" in what


def test_an_overdriven_microphone_is_measured_as_such():
    assert measured(FaultyRoom(living_room(echo_db=10), gain_db=12)).clipped_playing > 0.01
    assert measured(FaultyRoom(living_room(noise_dbfs=-20), gain_db=25)).clipped_quiet > 0.01
    assert measured(living_room()).clipped_playing == 0


def test_a_headset_lets_nothing_be_heard():
    found = measured(living_room(echo_db=-math.inf))
    assert (found.heard, found.delay_ms, found.drift, found.echo) == (0, None, None, None)


def test_noise_alone_is_never_taken_for_a_tone():
    for seed in range(5):
        loud = living_room(echo_db=-math.inf, noise_dbfs=-25, seed=seed)
        assert measured(loud).heard == 0


def test_a_dead_and_a_stuck_microphone_are_told_apart():
    assert measured(QuietRoom()).silent_share == 1
    assert measured(StuckRoom(7)).stuck_share == 1


def test_without_playing_only_the_quiet_is_measured():
    what = silent_programme()
    assert not what.sound.any()
    found = measured(living_room(noise_dbfs=-50), what)
    assert found.noise_dbfs == pytest.approx(-50, abs=1)
    assert (found.played, found.delay_ms) == (False, None)


def test_the_programme_takes_a_quarter_of_a_minute_and_never_overdrives():
    assert 10 < PROGRAMME.seconds < 18
    assert np.abs(PROGRAMME.sound.astype(int)).max() < 32_000


def test_while_it_measures_the_programme_is_never_silent():
    """In silence the room would make up for the very drift that is to be measured."""
    sound = PROGRAMME.sound[PROGRAMME.quiet.stop : PROGRAMME.chirps[-1]]
    blocks = sound[: len(sound) // 320 * 320].reshape(-1, 320)
    assert not any(block.tobytes() == SILENCE for block in blocks)


def test_a_device_that_is_lost_in_the_middle_is_told_by_its_error():
    def pulled():
        yield from [SILENCE] * 100
        raise RoomLost("The microphone has stopped working.", "Check the cable.")

    with pytest.raises(RoomLost):
        play(QuietRoom(pulled()), PROGRAMME, lambda *_: None)


def test_how_far_it_has_come_is_told():
    told: list[float] = []
    play(QuietRoom(), PROGRAMME, lambda _, share: told.append(share))
    assert told == sorted(told)
    assert 0.95 < told[-1] <= 1


def test_from_too_few_tones_no_drift_is_made_up():
    assert drift_of({}) is None
    assert drift_of({0: 100.0, 40_000: 101.0}) is None
    assert drift_of(dict.fromkeys(range(0, SAMPLE_RATE, 4_000), 100.0)) is None  # only one second


def test_what_wanders_is_owned_up_to():
    """A sound server that moves its buffers to and fro by 2 ms leaves no more than a guess."""
    wandering = {place: 1_000 + 32 * math.sin(place / 9_000) for place in range(0, 12 * SAMPLE_RATE, 7_000)}
    drift = drift_of(wandering)
    assert drift is not None
    assert drift.uncertainty_ppm > 200
    assert abs(drift.ppm) <= drift.uncertainty_ppm


def test_without_places_there_is_nothing_to_find():
    assert find_chirps(np.zeros(100, np.int16), ()) == ()


# --- What a loudspeaker swallows -------------------------------------------------------------------------


def asleep(wakes_in: int, sleeps_after: int = 2_000, **acoustics: float) -> BehindAmplifier:
    """A living room whose loudspeaker hangs on a sleepy amplifier."""
    amplifier = SleepyAmplifier(Milliseconds(sleeps_after), Milliseconds(wakes_in))
    return BehindAmplifier(living_room(**acoustics), amplifier)


@pytest.mark.parametrize(
    ("wakes_in", "told"), [(60, 100), (130, 130), (250, 250), (450, 420), (700, 730), (1_500, 1_380)]
)
def test_what_a_sleeping_loudspeaker_swallows_is_measured(wakes_in, told):
    assert measured(asleep(wakes_in)).swallowed_ms == told


@pytest.mark.parametrize("acoustics", [{"noise_dbfs": -35.0}, {"echo_db": -25.0}, {"reverberation_ms": 800}])
@pytest.mark.parametrize(("wakes_in", "told"), [(0, 0), (200, 190)])
def test_noise_and_echoes_are_not_taken_for_syllables(acoustics, wakes_in, told):
    assert measured(asleep(wakes_in, **acoustics)).swallowed_ms == told


@pytest.mark.parametrize("lost", [(160,), (190,), (175, 230)])
def test_blocks_that_are_lost_are_not_taken_for_swallowed(lost):
    assert measured(FaultyRoom(living_room(), ppm=300, lost=lost)).swallowed_ms == 0


def test_half_a_tone_that_is_left_is_taken_for_nothing_else():
    found = measured(asleep(130))
    assert (found.heard, found.jumps) == (8, 0)
    assert found.delay_ms == pytest.approx(60, abs=0.1)
    assert found.drift.ppm == pytest.approx(0, abs=1)


def test_a_loudspeaker_that_sleeps_later_is_not_found():
    assert measured(asleep(0, sleeps_after=5_000)).swallowed_ms == 0


def test_where_later_tones_are_missing_too_nothing_is_told_of_the_first():
    def cut_off():
        room = asleep(250)
        for block in np.split(PROGRAMME.sound, len(PROGRAMME.sound) // 320)[: PROGRAMME.chirps[-2] // 320]:
            yield room.exchange(Block(block.tobytes()))

    assert measured(QuietRoom(cut_off())).swallowed_ms is None


# --- Judging ---------------------------------------------------------------------------------------------

LEARNT = PathMeasured(23, 1.4, 9)
BADLY_LEARNT = PathMeasured(6, 1.4, 9)
NOT_LEARNT = PathMeasured(1, None, 9)
WELL = SoundMeasured(
    seconds=15,
    played=True,
    silent_share=0,
    stuck_share=0,
    noise_dbfs=-60,
    clipped_quiet=0,
    clipped_playing=0,
    chirps=9,
    heard=9,
    swallowed_ms=0,
    delay_ms=80,
    drift=Drift(20, 5, 11),
    echo=EchoMeasured(-30, 12, 35, 1, LEARNT),
)


def told(it: SoundMeasured) -> dict[str, tuple[str, str, str]]:
    return {finding.key: (finding.judgement, finding.what, finding.remedy) for finding in judge(it)}


def test_where_all_is_well_nothing_has_to_be_done():
    found = told(WELL)
    assert list(found) == ["noise", "clipping", "dropouts", "delay", "drift", "first_syllables", "echo"]
    assert {judgement for judgement, _, _ in found.values()} == {"ok"}
    assert {remedy for _, _, remedy in found.values()} == {""}


@pytest.mark.parametrize(
    ("change", "key", "judgement", "says", "remedy"),
    [
        ({"noise_dbfs": -45.0}, "noise", "note", "rather noisy: -45 dBFS", "closer"),
        ({"noise_dbfs": -30.0}, "noise", "trouble", "too noisy: -30 dBFS", "gain down"),
        ({"noise_dbfs": -math.inf}, "noise", "note", "exact zeros", "noise suppression"),
        ({"clipped_quiet": 0.02}, "clipping", "trouble", "even while nothing plays: 2 %", "gain down"),
        ({"clipped_playing": 0.02}, "clipping", "trouble", "own voice overdrives", "move the two apart"),
        ({"clipped_playing": 0.0002}, "clipping", "note", "now and then: 0.02 %", "Turn the loudspeaker"),
        ({"tally": replace(NO_TALLY, underruns=1)}, "dropouts", "note", "once in 15 s (1 to the", "End other"),
        ({"tally": replace(NO_TALLY, overruns=2, glitches=5)}, "dropouts", "trouble", "lost 7 times", "socket"),
        ({"jumps": 2}, "dropouts", "note", "2 seen as jumps", "socket"),
        ({"delay_ms": 300.0}, "delay", "note", "300 ms", "Bluetooth"),
        ({"delay_ms": 600.0}, "delay", "trouble", "too long", "Bluetooth"),
        ({"drift": Drift(3, 40, 11)}, "drift", "ok", "No drift can be told between the two", ""),
        ({"drift": Drift(-90, 4, 11)}, "drift", "ok", "90 ppm faster", ""),
        ({"drift": Drift(900, 50, 11)}, "drift", "note", "900 ppm slower", "another device"),
        ({"drift": Drift(400, 150, 11)}, "drift", "ok", "400 ppm slower", ""),
        ({"drift": None}, "drift", "note", "could not be told", ""),
        ({"swallowed_ms": 0}, "first_syllables", "ok", "nothing after 3 s of silence; one that falls asleep", ""),
        ({"swallowed_ms": 250}, "first_syllables", "note", "about the first 250 ms after 3 s", "standby"),
        ({"swallowed_ms": 420}, "first_syllables", "note", "first syllables are lost", "--lead-in 600, or COACH"),
        ({"swallowed_ms": 1_380}, "first_syllables", "note", "at least the first 1380 ms", "--lead-in 1500"),
        ({"echo": EchoMeasured(-20, -5, 30, 20, LEARNT)}, "echo", "ok", "5 dB louder than played", ""),
        ({"echo": EchoMeasured(-20, 5, 30, 20, LEARNT)}, "echo", "ok", "after 1.4 s of sound, 23 dB of it", ""),
        ({"echo": EchoMeasured(-20, 5, 15, 20, LEARNT)}, "echo", "note", "which is little", "loudspeaker down"),
        ({"echo": EchoMeasured(-20, 5, 4, 30, LEARNT)}, "echo", "trouble", "too little to", "loudspeaker down"),
        ({"echo": EchoMeasured(-20, 5, 4, 30, NOT_LEARNT)}, "echo", "trouble", "not within 9 s", "move it away"),
        ({"echo": EchoMeasured(-20, 5, 30, 20, NOT_LEARNT)}, "echo", "note", "not within 9 s of", "Bluetooth"),
        ({"echo": EchoMeasured(-20, 5, 30, 20, BADLY_LEARNT)}, "echo", "note", "no more than 6 dB", "effects"),
        ({"echo": EchoMeasured(-60, 45, 3, 1, NOT_LEARNT)}, "echo", "ok", "down to the noise", ""),
        ({"echo": EchoMeasured(-60, 45, 3, 1, NOT_LEARNT)}, "echo", "ok", "too close to the noise", ""),
        ({"echo": EchoMeasured(-20, 5)}, "echo", "note", "no echo canceller", "livekit"),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_its_figure_and_its_remedy(change, key, judgement, says, remedy):
    found = told(replace(WELL, **change))
    assert found[key][0] == judgement
    assert says in found[key][1]
    assert remedy in found[key][2]
    assert bool(found[key][2]) == bool(remedy)
    others = {judgement for name, (judgement, _, _) in found.items() if name != key}
    assert others == {"ok"}


def test_what_the_lead_in_makes_up_for_depends_on_its_length():
    def remedy(lead_in_ms: int) -> str:
        return next(it.remedy for it in judge(replace(WELL, swallowed_ms=250), lead_in_ms) if "first" in it.key)

    assert "--lead-in" not in remedy(300)
    assert "--lead-in 400" in remedy(290)
    assert "--lead-in 400" in remedy(0)


@pytest.mark.parametrize(
    ("share", "says"), [("silent_share", "nothing but zeros"), ("stuck_share", "one value over")]
)
def test_of_a_deaf_microphone_nothing_else_is_claimed(share, says):
    deaf = replace(WELL, heard=0, delay_ms=None, drift=None, echo=None, **{share: 1.0})
    found = told(deaf)
    assert list(found) == ["deaf", "dropouts"]
    assert says in found["deaf"][1]
    assert "unmute" in found["deaf"][2]


def test_a_virtual_microphone_that_is_silent_in_the_quiet_is_not_deaf():
    assert "deaf" not in told(replace(WELL, silent_share=0.95, noise_dbfs=-math.inf))


def test_where_no_tone_was_heard_delay_drift_and_echo_are_not_claimed():
    found = told(replace(WELL, heard=1, delay_ms=None, drift=None, echo=None))
    assert list(found) == ["noise", "clipping", "dropouts", "unheard"]
    assert found["unheard"][0] == "note"
    assert "1 of 9 tones" in found["unheard"][1]
    assert "headset" in found["unheard"][2]


def test_what_was_not_played_is_told_as_not_measured():
    found = told(replace(WELL, played=False, heard=0, chirps=0, delay_ms=None, drift=None, echo=None))
    assert found["unplayed"][:2] == ("note", "Delay, drift and echo were not measured: nothing was played.")


def test_figures_can_be_read_by_other_programs():
    for finding in judge(replace(WELL, noise_dbfs=-math.inf)):
        assert all(figure is None or math.isfinite(figure) for figure in finding.figures.values())
