"""What a person would expect of each command, in each situation."""

import itertools

import pytest

from coach.session import table


def test_the_circuit_is_led_exactly_as_the_article_has_it(led):
    led.wait_for(table.ENDED, limit_s=3600)
    sets = led.notes("set")
    counted = [(note["exercise"], note["repetitions"]) for note in sets if note["planned"]]
    assert counted == [("jefferson-curl", 5), ("cat-camel", 10)] * 3
    holds = [(n["exercise"], n["side"], n["seconds"]) for n in sets if not n["planned"]]
    assert (
        holds
        == [
            ("prone-single-arm-pec-stretch", "left arm", 5),
            ("prone-single-arm-pec-stretch", "right arm", 5),
        ]
        * 3
    )
    assert all(note["completed"] for note in sets)
    assert [end.outcome for end in led.ends()] == ["completed"]


def test_the_first_round_explains_fully_and_later_rounds_only_cue(led, circuit):
    led.wait_for(table.ENDED, limit_s=3600)
    lines = led.lines()
    for part in circuit.parts:
        for sentence in (*part.exercise.setup, *part.exercise.movement, *part.exercise.feel):
            assert lines.count(sentence) == 1
        assert lines.count(part.exercise.cue) >= 2


def test_counts_fall_exactly_on_their_tempo(led, circuit, voice):
    led.wait_for(table.RESTING)
    counts = {voice.number(n).capitalize(): n for n in range(1, 6)}
    dues = [s.due for s in led.said() if s.line.text.split(",")[0] in counts]
    repetition = sum(round(phase.seconds * 1000) for phase in circuit.parts[0].exercise.phases)
    assert len(dues) == 5
    assert {b - a for a, b in itertools.pairwise(dues)} == {repetition}


def test_a_hold_says_half_way_and_its_last_seconds(led, voice):
    led.wait_for(table.HOLDING)
    begin = led.session.now
    led.wait(6)
    said = [(s.due - begin, s.line.text) for s in led.said() if begin <= s.due <= begin + 5_100]
    offsets = [round(at, -2) for at, _ in said]
    assert offsets == [0, 2500, 3000, 4000, 5000]
    assert said[1][1] == voice.say("halfway")[0]


@pytest.mark.parametrize("state", [table.WELCOMING, table.BRIEFING, table.RESTING])
def test_a_pause_breaks_a_sentence_off_and_continue_says_it_again_whole(led, state):
    led.wait_for(state).wait(1.5)
    broken = led.lines()[-1]
    led.say("pause")
    assert led.session.state == table.PAUSED
    led.wait(60)
    before = led.session.now
    led.say("resume")
    led.wait(0.1)
    assert led.session.state == state
    assert led.lines(since=before)[0] == broken


def test_a_pause_in_a_set_leads_back_to_the_same_repetition_with_a_countdown(led):
    led.wait_for(table.MOVING).wait(18)  # two repetitions of eight seconds are done
    led.say("pause")
    led.wait(30)
    led.say("resume")
    assert led.session.state == table.READYING
    led.wait_for(table.RESTING)
    assert led.notes("set")[0]["repetitions"] == 5
    assert led.notes("pause") == [{"exercise": "jefferson-curl", "state": "moving", "round": 1}]


def test_a_pause_adds_nothing_to_a_rest(led, circuit):
    led.wait_for(table.RESTING)
    begin = led.session.now
    led.wait(5)
    led.say("pause")
    led.wait(40)
    led.say("resume")
    led.wait_for(table.BRIEFING)
    assert abs((led.session.now - begin) / 1000 - (circuit.rest_s + 40)) < 0.1


def test_a_pause_is_recalled_and_at_last_given_up(led):
    led.wait(1)
    led.say("pause")
    led.wait_for(table.ENDED, limit_s=3600)
    assert led.ends()[0].outcome == "abandoned"
    assert led.session.now > 25 * 60_000


def test_slower_slows_the_count_down_at_once_and_for_the_sets_to_come(led):
    led.wait_for(table.MOVING).wait(9)
    led.say("slower")
    led.wait_for(table.RESTING)
    dues = [s.due for s in led.said() if s.line.text in ("Three", "Four", "Five")]
    assert [b - a for a, b in itertools.pairwise(dues)] == [10_000, 10_000]
    assert led.session._course.tempo == 1


def test_slower_while_something_is_explained_slows_the_speech(led):
    led.wait_for(table.BRIEFING).wait(1)
    led.say("slower")
    led.wait(4)
    assert led.said()[-1].line.words_per_minute < led.said()[0].line.words_per_minute


def test_tempo_has_limits_and_says_so(led, voice):
    led.wait_for(table.MOVING)
    for _ in range(12):
        led.say("slower")
    led.wait(0.1)
    assert led.lines()[-1] in voice.say("slowest")


def test_how_many_left_is_answered_without_losing_a_count(led, voice):
    led.wait_for(table.MOVING).wait(12)
    led.say("how_long")
    led.wait(0.1)
    assert led.lines()[-1] == voice.say("repetitions_left", number=4)[0]
    led.wait_for(table.RESTING)
    assert [line for line in led.lines() if line in ("Two", "Three", "Four", "Five")] == [
        "Two",
        "Three",
        "Four",
        "Five",
    ]


def test_an_answer_in_the_middle_of_a_sentence_is_followed_by_that_sentence(led, voice):
    led.wait_for(table.BRIEFING).wait(4)
    broken = led.lines()[-1]
    now = led.session.now
    led.say("whats_next")
    led.wait(12)
    assert led.lines(since=now)[1] == broken
    assert voice.piece("amount_repetitions", number=10) in led.lines(since=now)[0]


def test_two_quick_remarks_do_not_pile_up(led, voice):
    led.wait_for(table.BRIEFING).wait(4)
    now = led.session.now
    led.say("louder")
    led.wait(0.1)
    led.say("louder")
    led.wait(3)
    assert led.lines(since=now).count(voice.say("louder")[0]) == 2
    assert led.lines(since=now)[2] not in voice.say("louder")


def test_help_in_a_set_pauses_it_and_reads_out_what_can_be_said(led, voice):
    led.wait_for(table.MOVING).wait(2)
    now = led.session.now
    led.say("help")
    assert led.session.state == table.PAUSED
    led.wait(60)
    spoken = " ".join(led.lines(since=now)).lower()
    for command in table.spoken_in(table.PAUSED):
        if command != "help":
            assert voice.understands[command][0] in spoken


def test_next_skips_the_exercise_with_all_its_sides(led):
    led.wait_for(table.HOLDING)
    led.say("next")
    led.wait_for(table.READYING)
    assert led.session._course.exercise.id == "jefferson-curl"
    assert led.session._course.step.round == 2


def test_next_ends_a_rest(led):
    led.wait_for(table.RESTING)
    led.say("next")
    assert led.session.state == table.BRIEFING
    assert led.session._course.exercise.id == "cat-camel"


def test_back_goes_to_the_exercise_before_and_from_the_first_to_its_beginning(led):
    led.wait_for(table.RESTING)
    led.say("next")
    led.say("back")
    assert led.session._course.exercise.id == "jefferson-curl"
    led.say("back")
    assert (led.session._course.exercise.id, led.session.state) == ("jefferson-curl", table.BRIEFING)


def test_done_in_a_set_counts_what_was_done(led):
    led.wait_for(table.MOVING).wait(17)
    led.say("done")
    assert led.session.state == table.RESTING
    note = led.notes("set")[0]
    assert (note["repetitions"], note["completed"], note["ended"]) == (2, False, "finished early")


def test_ready_skips_the_rest_of_an_explanation(led):
    led.wait_for(table.BRIEFING).wait(1)
    led.say("done")
    assert led.session.state == table.READYING


def test_easier_explains_the_easier_variant_and_keeps_it_for_the_rounds_to_come(led, circuit):
    led.wait_for(table.MOVING).wait(1)
    led.say("easier")
    assert led.session.state == table.BRIEFING
    variant = circuit.parts[0].exercise.easier[0]
    led.wait_for(table.RESTING)
    assert set(variant.change) <= set(led.lines())
    assert led.notes("set")[-1]["variant"] == variant.name
    led.wait_for(table.ENDED, limit_s=3600)
    later = [n["variant"] for n in led.notes("set") if n["exercise"] == "jefferson-curl"][1:]
    assert set(later) == {variant.name}


def test_after_pain_the_easier_variant_is_offered_and_taken_on_yes(led, circuit):
    led.wait_for(table.MOVING).wait(10)
    led.say("it_hurts")
    assert led.session.state == table.OFFERING_EASIER
    led.wait(12)
    easier = circuit.parts[0].exercise.easier[0].name
    assert easier in led.lines()[-1]
    led.say("yes")
    led.wait_for(table.RESTING)
    assert led.notes("set")[-1]["variant"] == easier
    assert led.notes("pain")[0]["exercise"] == "jefferson-curl"


def test_after_pain_no_leads_to_another_exercise_and_the_painful_one_is_left_out(led):
    led.wait_for(table.MOVING).wait(10)
    led.say("it_hurts")
    led.say("no")
    assert led.session.state == table.OFFERING_ANOTHER
    led.say("yes")
    led.wait_for(table.ENDED, limit_s=3600)
    assert [n["exercise"] for n in led.notes("set")].count("jefferson-curl") == 1  # the broken one


def test_after_pain_two_refusals_end_it_kindly(led, voice):
    led.wait_for(table.MOVING).wait(10)
    led.say("it_hurts")
    led.say("no")
    led.say("no")
    led.wait_for(table.ENDED)
    assert led.ends()[0].outcome == "eased"
    assert set(voice.say("pain_end")) <= set(led.lines())


def test_the_same_exercise_comes_back_only_when_asked_for_and_confirmed(led):
    led.wait_for(table.MOVING).wait(10)
    led.say("it_hurts")
    led.say("resume")
    assert led.session.state == table.CONFIRMING_RETURN
    led.say("yes")
    assert led.session.state == table.BRIEFING
    assert led.session._course.exercise.id == "jefferson-curl"


def test_an_exercise_that_hurts_twice_is_left_out(led):
    led.wait_for(table.MOVING).wait(10)
    led.say("it_hurts")
    led.say("yes")
    led.wait_for(table.MOVING).wait(1)
    led.say("it_hurts")
    assert led.session.state == table.OFFERING_ANOTHER
    led.say("yes")
    assert led.session._course.exercise.id == "cat-camel"


def test_a_question_after_pain_that_nobody_answers_ends_the_session_on_the_safe_side(led):
    led.wait_for(table.MOVING).wait(1)
    led.say("it_hurts")
    led.wait_for(table.ENDED)
    assert led.ends()[0].outcome == "eased"


def test_harder_is_refused_after_pain(led, voice):
    led.wait_for(table.MOVING).wait(1)
    led.say("it_hurts")
    led.say("yes")
    led.wait_for(table.MOVING).wait(1)
    led.say("harder")
    led.wait(0.1)
    assert led.lines()[-1] in voice.say("no_harder_after_pain")


def test_pain_while_it_is_closing_is_taken_seriously_too(led, voice):
    led.wait_for(table.CLOSING, limit_s=3600).wait(1)
    led.say("it_hurts")
    led.wait_for(table.ENDED)
    assert led.ends()[0].outcome == "eased"
    assert voice.say("pain_end")[-1] in led.lines()


def test_what_was_half_done_is_noted_when_it_is_stopped(led):
    led.wait_for(table.MOVING).wait(17)
    led.say("stop")
    assert led.notes("set")[0]["repetitions"] == 2
    assert led.notes("end") == [{"exercise": "", "outcome": "stopped"}]
