"""The examination of the ears: its counting, its reading, its staging, and the whole of it on two clips."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from coach import content
from coach.bench.hearing import Extent, as_markdown, draw, measure_hearing, progress_on, show
from coach.bench.hearing.conditions import CONDITIONS, QUIET, SPEECH_DBFS, Stage, Surroundings, breathing
from coach.bench.hearing.listening import grammar_of, grammar_of_words, state_asking, watched_grammars
from coach.bench.hearing.measure import words_around_each
from coach.bench.hearing.over_voice import COACH_SILENT, Coach, interrupt, lead_alone, narrate
from coach.bench.hearing.recordings import Clip, Recording, load, read_manifests, spread
from coach.bench.hearing.rendered import Speaker, render
from coach.bench.hearing.report import EXAMS, Memory, Model, Report
from coach.bench.hearing.sound import at_level, direct_first, end_of_speech, level, silence, through
from coach.bench.hearing.tally import Act, Delays, Outcome, Proportion, Rate, Score, Watch, attribute
from coach.errors import CoachError, ContentBroken
from coach.ports import BLOCK_BYTES, BLOCK_MS, SAMPLE_RATE, SILENCE, Block
from coach.rehearsal.echo import NoEcho
from coach.rehearsal.mouth import HummingMouth
from coach.rehearsal.room import Samples
from coach.session.carriers import by_words, phrases_in
from coach.session.messages import Command, Hypothesis, Line, Milliseconds
from coach.session.phrases import Voice
from coach.session.table import BRIEFING, MOVING, PAUSED, spoken_in

SPEAKER = Speaker("en-us+f4", 150)
TINY = Extent(10, (), 10, 2, breathing_minutes=0.05, narration_minutes=0.05, memory_hours=0.002)


def tone(seconds: float, amplitude: float = 3000.0) -> Samples:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.asarray(amplitude * np.sin(2 * np.pi * 440 * time), np.float32)


def outcome(expected: str, *heard: str, at: int = 800, urgent: bool = False) -> Outcome:
    acts = tuple(Act(Milliseconds(at), command, command) for command in heard)
    return Outcome(f"{expected}.flac", expected, expected, urgent, Milliseconds(500), acts)


def write_manifest(folder: Path, *lines: str, header: str = "path,text,speaker,kind,screen,note") -> Path:
    (folder / "manifest.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return folder


def write_sound(path: Path, samples: Samples, rate: int = SAMPLE_RATE) -> None:
    soundfile.write(path, samples / 32_768, rate, subtype="PCM_16")


# --- Counting ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    # R 4: binom::binom.confint(count, of, methods = "wilson")
    [(8, 10, 0.4901625, 0.9433178), (0, 20, 0.0, 0.1611252), (20, 20, 0.8388748, 1.0), (1, 1, 0.2065493, 1.0)],
)
def test_shares_have_wilsons_interval(count: int, of: int, low: float, high: float) -> None:
    assert Proportion(count, of).interval == pytest.approx((low, high), abs=1e-6)


@pytest.mark.parametrize(
    ("count", "low", "high"),
    # R 4: poisson.test(count)$conf.int
    [(0, 0.0, 3.688879), (1, 0.02531781, 5.571643), (5, 1.623486, 11.66833), (100, 81.36397, 121.6272)],
)
def test_rates_have_the_exact_poisson_interval(count: int, low: float, high: float) -> None:
    assert Rate(count, 1.0).interval == pytest.approx((low, high), rel=1e-5)
    assert Rate(count, 2.0).interval == pytest.approx((low / 2, high / 2), rel=1e-5)


def test_nothing_counted_is_no_figure_and_all_doubt() -> None:
    assert math.isnan(Proportion(0, 0).share)
    assert Proportion(0, 0).interval == (0.0, 1.0)
    assert Rate(0, 0.0).interval == (0.0, math.inf)


def test_percentiles_of_delays_are_interpolated() -> None:
    delays = Delays((100, 200, 300, 400))
    assert delays.percentile(50) == 250
    assert delays.percentile(95) == pytest.approx(385)
    assert math.isnan(Delays(()).percentile(50))


def test_right_is_exactly_what_was_said() -> None:
    assert outcome("stop", "stop").is_right
    assert not outcome("stop", "stop", "slower").is_right
    assert outcome("stop", "stop", "slower").is_wrong
    assert not outcome("stop").is_right
    assert not outcome("stop").is_wrong


def test_a_score_tells_right_wrong_and_no_answer_apart() -> None:
    score = Score(
        "human",
        "commands",
        "quiet",
        (outcome("stop", "stop", urgent=True), outcome("next", "back"), outcome("next"), outcome("next", "next")),
    )
    assert (score.right.count, score.wrong.count, score.unanswered.count) == (2, 1, 1)
    assert score.by_command()["next"].right == Proportion(1, 3)
    assert score.only(urgent=True).right == Proportion(1, 1)
    assert score.heard_instead() == {("next", "back"): 1}


def test_delays_run_from_the_end_of_the_word_and_count_right_answers_only() -> None:
    score = Score(
        "human", "commands", "quiet", (outcome("stop", "stop", at=440), outcome("next", "back"), outcome("next"))
    )
    assert score.delays.milliseconds == (-60,)


def test_a_false_accept_is_found_in_its_recording_at_its_second() -> None:
    begins = [
        (Milliseconds(0), Clip("a.flac", "some talk", silence(3000))),
        (Milliseconds(4000), Clip("b.flac", "more", silence(3000))),
    ]
    (accept,) = attribute([Act(Milliseconds(5500), "stop", "stop")], begins, {"stop"})
    assert (accept.recording, accept.at_s, accept.urgent, accept.text) == ("b.flac", 1.5, True, "more")


def test_a_recording_that_fooled_the_coach_twice_is_one_recording_but_two_accepts() -> None:
    begins = [
        (Milliseconds(0), Clip("a.flac", "", silence(0))),
        (Milliseconds(9000), Clip("b.flac", "", silence(0))),
    ]
    acts = [Act(Milliseconds(1000), "stop", "stop"), Act(Milliseconds(8000), "next", "next")]
    watch = Watch("speech", MOVING, "quiet", 0.5, 2, attribute(acts, begins, {"stop"}))
    assert watch.urgent.per_hour == watch.others.per_hour == 2.0
    assert watch.rejected == Proportion(1, 2)


# --- Reading ----------------------------------------------------------------------------------------------


def test_a_missing_folder_is_named() -> None:
    with pytest.raises(CoachError, match="There is no folder nowhere"):
        read_manifests([Path("nowhere")])


def test_a_folder_without_a_manifest_is_named_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(CoachError, match=r"no manifest.csv in .*path, text, kind"):
        read_manifests([tmp_path])


def test_every_mistake_in_a_manifest_is_told_with_its_line_and_remedy(tmp_path: Path) -> None:
    write_sound(tmp_path / "a.wav", tone(0.1))
    write_manifest(
        tmp_path,
        "a.wav,stop,me,positive,,",
        "b.wav,stop,me,positive,,",
        "a.wav,stop,me,poistive,,",
        "a.wav,,me,positive,,",
        "a.wav,stop",
        "a.wav,one, two,me,positive,,",
        "../outside.wav,stop,me,positive,,",
    )
    write_sound(tmp_path.parent / "outside.wav", tone(0.1))
    with pytest.raises(ContentBroken) as broken:
        read_manifests([tmp_path])
    mistakes = [mistake.removeprefix(f"{tmp_path}/") for mistake in broken.value.mistakes]
    assert [mistake.split(": ")[0] for mistake in mistakes] == [f"manifest.csv:{line}" for line in range(3, 9)]
    for mistake, remedy in zip(
        mistakes,
        ("its path", "use positive", "write what", "each column", "in quotes", "in their folder"),
        strict=True,
    ):
        assert remedy in mistake


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    write_manifest(tmp_path, "a.wav,me", header="path,speaker")
    with pytest.raises(ContentBroken, match=r"manifest.csv:1: the columns text, kind"):
        read_manifests([tmp_path])


def test_a_manifest_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes(b"path,text,kind\n\xff\xfe\x00")
    with pytest.raises(ContentBroken, match="not UTF-8"):
        read_manifests([tmp_path])


def test_a_file_that_is_no_sound_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("not a sound")
    write_manifest(tmp_path, "a.wav,stop,me,positive,,")
    (recording,) = read_manifests([tmp_path])
    with pytest.raises(CoachError, match=r"manifest.csv:2: a.wav cannot be read"):
        load(recording)


def test_any_rate_and_number_of_channels_become_16_khz_mono(tmp_path: Path) -> None:
    left = tone(0.5)
    soundfile.write(tmp_path / "a.wav", np.stack([left, left], axis=1)[::2] / 32_768, 8_000)
    clip = load(Recording("a.wav", tmp_path / "a.wav", "positive", "stop"))
    assert clip.seconds == pytest.approx(0.5, abs=0.01)
    assert level(clip.samples) == pytest.approx(level(left), abs=0.2)


def test_a_sample_is_taken_evenly_and_always_the_same() -> None:
    assert spread(range(10), 4) == (0, 3, 6, 9)
    assert spread(range(3), 4) == (0, 1, 2)


# --- Staging ----------------------------------------------------------------------------------------------


def test_a_level_is_that_of_the_sounding_part() -> None:
    assert level(np.concatenate([silence(900), tone(0.1), silence(900)])) == pytest.approx(
        level(tone(0.1)), abs=0.1
    )
    assert level(at_level(tone(0.5), -40.0)) == pytest.approx(-40.0, abs=0.01)
    assert level(silence(100)) == -math.inf


@pytest.mark.parametrize("noise", [0.0, 20.0])
def test_a_word_ends_where_its_sound_ends(noise: float) -> None:
    word = np.concatenate([silence(300), tone(0.4), tone(0.1, 400.0), silence(500)])
    word += np.random.default_rng(1).normal(0, 1, len(word)) * noise
    assert end_of_speech(word.astype(np.float32)) == pytest.approx(800, abs=10)


def test_a_word_cut_off_in_the_middle_ends_with_its_recording() -> None:
    assert end_of_speech(tone(0.43)) == 430
    assert end_of_speech(silence(0)) == 0


def test_a_room_neither_delays_nor_amplifies() -> None:
    response = direct_first(np.concatenate([silence(40), np.array([1.0, 0.3, 0.1], np.float32)]))
    heard = through(tone(0.2), response)
    assert level(heard) == pytest.approx(level(tone(0.2)), abs=0.1)
    assert abs(int(np.correlate(heard[:3200], tone(0.2), "same").argmax()) - 1600) <= 16


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_every_condition_is_the_same_each_time_and_keeps_the_word_in_its_place(condition) -> None:
    rng = np.random.default_rng(2)
    hiss = np.asarray(rng.normal(0, 500, SAMPLE_RATE), np.float32)
    two = Clip("two", "two", tone(0.3))
    around = Surroundings((hiss,), (tone(2.0),), (tone(3.0),), (np.array([1.0], np.float32),), (two,))
    clip = Clip("stop.wav", "stop", np.concatenate([tone(0.4), silence(100)]))
    first, second = (Stage(condition, around).put(clip) for _ in range(2))
    assert first.sound == second.sound
    assert len(first.sound) % BLOCK_BYTES == 0
    before = np.frombuffer(first.sound, "<i2").astype(np.float32)[: first.word_end * 16]
    loudness = SPEECH_DBFS if math.isnan(condition.dbfs) else condition.dbfs
    assert level(before[-4800:]) > loudness - 4  # the word is there, right before its end


@pytest.mark.parametrize("snr", [20, 10, 5])
def test_noise_is_as_much_fainter_than_speech_as_said(snr: int) -> None:
    condition = next(it for it in CONDITIONS if it.name == f"noise_{snr}")
    hiss = np.asarray(np.random.default_rng(3).normal(0, 500, 4 * SAMPLE_RATE), np.float32)
    staged = Stage(condition, Surroundings(noise=(hiss,))).put(Clip("a", "a", tone(1.0)))
    lead = np.frombuffer(staged.sound, "<i2").astype(np.float32)[: SAMPLE_RATE // 2]
    assert level(lead) == pytest.approx(SPEECH_DBFS - snr, abs=0.5)


def test_a_condition_without_its_recordings_says_what_is_missing() -> None:
    lacks = [Surroundings().lack(condition) for condition in CONDITIONS]
    assert len([lack for lack in lacks if lack]) == 7
    assert QUIET.name in [condition.name for condition, lack in zip(CONDITIONS, lacks, strict=True) if not lack]


def test_breathing_swells_and_pauses() -> None:
    breaths = breathing(seed=1, seconds=20).samples
    loudness = [level(breaths[at : at + 1600]) for at in range(0, len(breaths) - 1600, 1600)]
    assert max(loudness) > -40
    assert -math.inf in loudness
    assert np.abs(breaths).max() < 32_768


# --- Grammars ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def english():
    return content.load_voice("english")


def test_every_command_is_examined_where_the_session_offers_it(english) -> None:
    for command, phrases in english.understands.items():
        assert grammar_of(state_asking(command), english).meanings[phrases[0]] == command
    assert state_asking(Command("stop")) == MOVING
    assert state_asking(Command("resume")) == PAUSED


def test_states_that_listen_for_the_same_are_watched_once(english) -> None:
    names = [grammar.name for grammar in watched_grammars(english)]
    if spoken_in(MOVING) == spoken_in(BRIEFING):
        assert names[0] == "moving and briefing"
    assert len(names) == len({tuple(grammar.meanings) for grammar in watched_grammars(english)})


def test_an_isolated_word_is_as_urgent_as_the_command_it_means(english) -> None:
    grammar = grammar_of_words(["stop", "seven"], english)
    assert grammar.urgent == {"stop"}


# --- Over the coach's own voice ---------------------------------------------------------------------------


class LoudnessEars:
    """Takes any sound that ends for a "stop"; deaf to words, so that the test is about who spoke when."""

    def __init__(self) -> None:
        self._heard_ms = self._loud_ms = self._silent_ms = 0

    def second_hearing(self) -> Hypothesis:
        return Hypothesis("stop", final=True, confidence=1.0)

    def listen(self, phrases: Sequence[str]) -> None:
        self._loud_ms = 0

    def hear(self, microphone: Block) -> Sequence[Hypothesis]:
        self._heard_ms += BLOCK_MS
        if level(np.frombuffer(microphone, "<i2").astype(np.float32)) > -50:
            self._loud_ms, self._silent_ms = self._loud_ms + BLOCK_MS, 0
            return ()
        self._silent_ms += BLOCK_MS
        if self._loud_ms < 200 or self._silent_ms < 200:
            return ()
        begin, end = self._heard_ms - self._silent_ms - self._loud_ms, self._heard_ms - self._silent_ms
        self._loud_ms = 0
        return (Hypothesis("stop", final=True, confidence=1.0, begin=Milliseconds(begin), end=Milliseconds(end)),)


@pytest.fixture
def deaf_coach(english) -> Coach:
    lines = (
        Line("Kneel on all fours and let your back be long", 150),
        Line("Breathe out and round your back slowly", 150),
    )
    return Coach(english, lines, HummingMouth(), LoudnessEars(), NoEcho)


class DeludedEars(LoudnessEars):
    """Believes in a "stop" every eight seconds, whatever there is to hear."""

    def hear(self, microphone: Block) -> Sequence[Hypothesis]:
        self._heard_ms += BLOCK_MS
        if self._heard_ms % 8_000:
            return ()
        now = Milliseconds(self._heard_ms)
        return (Hypothesis("stop", final=True, confidence=1.0, begin=Milliseconds(now - 300), end=now),)


class DeafEars(LoudnessEars):
    """Hears nothing."""

    def hear(self, microphone: Block) -> Sequence[Hypothesis]:
        return ()


class PerfectEcho:
    """Leaves nothing at all of what was recorded."""

    def cancel(self, microphone: Block, speaker: Block) -> Block:
        return SILENCE


def test_a_word_to_the_coach_is_scored_from_its_own_end(deaf_coach, english) -> None:
    words = [Clip(f"{name}.wav", "stop", np.concatenate([tone(0.4), silence(300)])) for name in "ab"]
    grammar, commands = grammar_of(MOVING, english), spoken_in(MOVING)
    outcomes, own, hours = interrupt(deaf_coach, grammar, commands, words, COACH_SILENT, lambda _: None)
    assert [(outcome.clip, outcome.is_right, outcome.urgent) for outcome in outcomes] == [
        ("a.wav", True, True),
        ("b.wav", True, True),
    ]
    assert all(outcome.delay is not None and 100 < outcome.delay < 700 for outcome in outcomes)
    assert own == ()
    assert hours > 4 / 3600


class SleepyEars(LoudnessEars):
    """Hears nothing in its first two and a half seconds."""

    def hear(self, microphone: Block) -> Sequence[Hypothesis]:
        hypotheses = super().hear(microphone)
        return hypotheses if self._heard_ms > 2_500 else ()


@pytest.mark.parametrize(("times", "is_right"), [(1, False), (2, True)])
def test_who_is_not_heard_says_it_again_where_that_is_asked_for(deaf_coach, english, times, is_right) -> None:
    coach = replace(deaf_coach, ears=SleepyEars())
    words = [Clip("a.wav", "stop", np.concatenate([tone(0.4), silence(300)]))]
    grammar, commands = grammar_of(MOVING, english), spoken_in(MOVING)
    (outcome,), _, _ = interrupt(coach, grammar, commands, words, COACH_SILENT, lambda _: None, times)
    assert outcome.is_right is is_right
    if outcome.delay is not None:  # from the end of the second time
        assert 100 < outcome.delay < 700


def test_an_interruption_comes_in_the_middle_of_a_sentence(deaf_coach, english) -> None:
    coach = replace(deaf_coach, ears=DeludedEars(), new_echo=PerfectEcho)
    words = [Clip("a.wav", "slower", tone(0.4))]
    grammar, commands = grammar_of(MOVING, english), spoken_in(MOVING)
    (outcome,), _, _ = interrupt(
        coach, grammar, commands, words, replace(COACH_SILENT, echo_db=10.0), lambda _: None
    )
    # Only after the canceller has had its 12 s, and the coach has been speaking for more than half a second.
    assert outcome.word_end >= 12_000 + 600 + 400


def test_what_the_coach_takes_its_own_voice_for_is_told_with_its_line(deaf_coach, english) -> None:
    coach = replace(deaf_coach, ears=DeludedEars(), new_echo=PerfectEcho)
    grammar, commands = grammar_of(MOVING, english), spoken_in(MOVING)
    accepts, hours = narrate(coach, grammar, commands, 0.4, lambda _: None)
    # Of what it believes every 8 s the front end refuses some: no more was there than the echo explains.
    assert accepts
    assert {accept.at_s for accept in accepts} <= {8.0, 16.0, 24.0}
    assert all(accept.urgent and accept.text in {line.text for line in coach.lines} for accept in accepts)
    assert 0.5 * 0.4 / 60 < hours < 0.95 * 0.4 / 60  # its pauses are not counted


class HauntedEcho(PerfectEcho):
    """Leaves, from 7.6 to 8 s, as much as somebody who speaks: a word out of nothing would be the coach's."""

    _blocks = 0

    def cancel(self, microphone: Block, speaker: Block) -> Block:
        self._blocks += 1
        if 380 <= self._blocks < 400:
            return microphone
        return super().cancel(microphone, speaker)


def test_a_session_that_hears_itself_is_told_with_its_routine_and_line(deaf_coach, english) -> None:
    coach = replace(deaf_coach, ears=DeludedEars(), new_echo=HauntedEcho)
    routine = content.load_routine("break", voice=english)
    accepts, hours = lead_alone(coach, -24.0, [routine], 0.05, lambda _: None)
    assert [(accept.command, accept.at_s, accept.urgent) for accept in accepts] == [("stop", 8.0, True)]
    assert routine.name in accepts[0].recording
    assert accepts[0].text
    assert 0.05 / 60 <= hours < 60 / 3600


def test_whole_sessions_with_nobody_there_and_no_ears_to_mishear_are_clean(deaf_coach, english) -> None:
    coach = replace(deaf_coach, ears=DeafEars(), new_echo=PerfectEcho)
    routine = content.load_routine("break", voice=english)
    accepts, hours = lead_alone(coach, -24.0, [routine], 0.05, lambda _: None)
    assert accepts == ()
    assert hours > 20 / 3600


# --- The whole --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recordings(tmp_path_factory) -> Path:
    """Two clips by the synthesiser, one a command, one talk."""
    folder = tmp_path_factory.mktemp("recordings")
    stop, talk = (render([text], (SPEAKER,))[0] for text in ("stop", "the weather is fine today"))
    write_sound(folder / "stop.wav", stop.samples)
    write_sound(folder / "talk.wav", talk.samples)
    write_manifest(folder, "stop.wav,stop,me,positive,,", "talk.wav,the weather is fine,me,negative,transcript,")
    return folder


BUNDLED = content.content_root() / "voices" / "english" / "ears"


def measured(recordings: Path, voice: Voice, processes: int = 1) -> Report:
    """Everything but these clips is left out or tiny."""
    shares: list[float] = []
    found = measure_hearing(
        [recordings],
        BUNDLED,
        voice,
        [],
        conditions=["quiet"],
        extent=TINY,
        processes=processes,
        progress=lambda _, share: shares.append(share),
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return found


@pytest.fixture(scope="module")
def report(recordings, english) -> Report:
    return measured(recordings, english)


def test_a_clear_command_is_heard_and_its_delay_measured(report: Report) -> None:
    score = report.score("human", "commands", "quiet")
    assert score is not None
    assert score.right == Proportion(1, 1)
    assert -400 < score.delays.milliseconds[0] < 1_000
    assert score.outcomes[0].urgent


@pytest.mark.slow
def test_measured_in_several_processes_the_figures_are_the_same(report: Report, recordings, english) -> None:
    found = measured(recordings, english, processes=2)
    assert (found.scores, found.watches) == (report.scores, report.watches)
    assert found.untested == report.untested
    assert found.speed > 1


def test_talk_is_watched_under_every_grammar(report: Report) -> None:
    speech = [watch for watch in report.watches if watch.sound == "speech"]
    assert {watch.grammar for watch in speech} >= {"moving and briefing", "words"}
    assert all(watch.recordings == 1 and watch.hours > 0 for watch in speech)


def test_speed_and_memory_are_measured(report: Report) -> None:
    assert report.speed > 1
    assert report.memory is None or 0.002 <= report.memory.hours < 0.004


def test_each_phrase_is_said_with_words_around_it_that_change_nothing(english) -> None:
    phrases = english.phrases_of(english.understands)
    said = words_around_each(phrases, english)
    around = by_words(english.carriers)
    assert not said.keys() & set(phrases)
    assert all(phrase in phrases_in(text, phrases, around) for text, phrase in said.items())
    assert set(phrases) - set(said.values()) == set(english.understands[Command("wake")])
    assert len({text.replace(phrase, "") for text, phrase in said.items()}) > 10  # not always "please"


def test_what_nobody_recorded_is_said_to_be_untested(report: Report) -> None:
    untested = " ".join(report.untested)
    assert "it hurts" in untested
    assert "Raspberry Pi" in untested


def test_the_report_becomes_json_a_table_a_page_and_a_picture(report: Report, tmp_path: Path) -> None:
    read = json.loads(report.as_json())
    assert read["scores"][0]["total"]["right"]["count"] == 1
    with (tmp_path / "table.txt").open("w") as file:
        show(Console(file=file, width=140), report)
    assert "100.0 %" in (tmp_path / "table.txt").read_text()
    page = as_markdown(report, "on 1 May", "hearing.png")
    assert "Measured on 1 May" in page
    assert "![" in page
    assert report.model.digest in page
    draw(report, tmp_path / "hearing.png")
    assert (tmp_path / "hearing.png").stat().st_size > 20_000


EXAMINED = (("human", "words"), ("human", "commands"), ("synthetic", "commands"), ("synthetic", "carried"))


def test_whatever_is_examined_has_its_place_in_the_table_the_page_and_the_picture(
    report: Report, tmp_path
) -> None:
    score = report.score("human", "commands", "quiet")
    assert score is not None
    assert {exam for _, exam in EXAMINED} == set(EXAMS)
    every = tuple(replace(score, corpus=corpus, exam=exam) for corpus, exam in EXAMINED)
    whole = replace(report, scores=every)
    draw(whole, tmp_path / "hearing.png")
    with (tmp_path / "table.txt").open("w") as file:
        show(Console(file=file, width=140), whole)
    told = (tmp_path / "table.txt").read_text(), as_markdown(whole, "on 1 May", "hearing.png")
    for text in told:
        assert text.count("100.0 %") >= len(every)


def test_a_report_of_nothing_can_still_be_shown(tmp_path: Path) -> None:
    empty = Report(
        model=Model("none", 0.0, ""),
        machine="nowhere",
        seed=1,
        is_sample=True,
        conditions=(),
        scores=(),
        watches=(),
        speed=math.nan,
        memory=Memory(0, 0, 0),
        untested=(),
    )
    assert json.loads(empty.as_json())["speed_x_real_time"] is None
    assert "Speed was not measured" in as_markdown(empty, "never")
    draw(empty, tmp_path / "empty.png")


def test_progress_is_shown_while_it_lasts_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with (
        (tmp_path / "shown.txt").open("w") as file,
        progress_on(Console(file=file, force_terminal=True, width=100)) as tell,
    ):
        tell("commands by people: quiet", 0.42)
    shown = (tmp_path / "shown.txt").read_text()
    assert "42%" in shown
    assert "commands by people: quiet" in shown


def test_where_no_bar_can_be_drawn_each_step_is_a_line(tmp_path: Path) -> None:
    with (tmp_path / "log.txt").open("w") as file, progress_on(Console(file=file, width=20)) as tell:
        for step, share in (
            ("commands by people: quiet", 0.0),
            ("commands by people: quiet", 0.2),
            ("memory", 0.9),
        ):
            tell(step, share)
    assert (tmp_path / "log.txt").read_text() == "  0%  commands by people: quiet\n 90%  memory\n"


def test_an_unknown_condition_is_refused_with_the_choice(english) -> None:
    with pytest.raises(CoachError, match=r"no condition 'loud'.*quiet"):
        measure_hearing([], Path("nowhere"), english, [], conditions=["loud"])
