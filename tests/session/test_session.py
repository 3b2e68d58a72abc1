"""What a person would expect of each command, in each situation."""

import itertools
from dataclasses import replace

import pytest

from coach.content import load_routine
from coach.planning.pain import PainRules
from coach.session import table
from coach.session.course import Course
from coach.session.messages import Command, Heard, Troubled
from coach.session.plan import expected_length
from coach.session.session import Session
from tests.session.conftest import Led


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
        if command not in ("help", "red_flag"):
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


def test_who_is_ready_before_the_countdown_is_over_begins_at_once(led):
    led.wait_for(table.READYING).wait(1)
    led.say("done")
    assert led.session.state == table.MOVING
    led.wait(4)
    led.say("done")
    assert led.notes("set") != []


# --- Pain ------------------------------------------------------------------------------------------------


def hurt(led, *answers, after=10):
    """It hurts in the first set, and the questions are answered."""
    led.wait_for(table.MOVING).wait(after)
    for said in ("it_hurts", *answers):
        led.say(said)
    return led


A_LITTLE = ("lower_back", "number_2", "dull")
MORE = ("lower_back", "number_4", "dull")


def test_a_pain_in_a_pause_of_the_welcome_is_of_no_exercise(led):
    led.wait(2)
    for said in ("pause", "it_hurts", *A_LITTLE):
        led.say(said)
    assert {note["exercise"] for note in (*led.notes("pain"), *led.notes("pain_told"))} == {""}


def test_after_a_pain_word_it_asks_where_how_strong_and_what_kind(led, voice):
    hurt(led).wait(12)
    assert led.session.state == table.ASKING_WHERE
    assert led.lines()[-1] == voice.say("pain_ask_where")[0]
    led.say("lower_back")
    assert led.session.state == table.ASKING_STRENGTH
    led.say("number_2")
    assert led.session.state == table.ASKING_KIND
    led.say("dull")
    assert led.session.state == table.OFFERING_EASIER


PLACES_THAT_HURT = [
    ("my back hurts", "lower_back"),
    ("my lower back hurts", "lower_back"),
    ("my upper back hurts", "upper_back"),
    ("my neck hurts", "neck"),
    ("my knee hurts", "leg"),
]


@pytest.mark.parametrize(("words", "place"), PLACES_THAT_HURT)
def test_where_it_hurts_is_not_asked_of_who_says_so(led, voice, words, place):
    led.wait_for(table.MOVING).wait(5)
    led.say("it_hurts", words)
    assert led.session.state == table.ASKING_STRENGTH
    now = led.session.now
    led.wait(20)
    noted = voice.say("pain_noted", answer=voice.understands[place][0])
    assert led.lines(since=now) == [*voice.say("pain_halt"), *noted, *voice.say("pain_ask_strength")]
    led.say("number_1")
    led.say("dull")
    assert [note["where"] for note in led.notes("pain_told")] == [place]


def test_asked_where_it_hurts_who_says_that_their_knee_does_has_answered(led, voice):
    hurt(led).wait(12)
    now = led.session.now
    led.say("it_hurts", "my knee hurts")
    assert led.session.state == table.ASKING_STRENGTH
    led.wait(10)
    noted = voice.say("pain_noted", answer="leg")
    assert led.lines(since=now)[-2:] == [*noted, *voice.say("pain_ask_strength")]
    led.say("it_hurts", "my knee hurts")  # the same again is no answer to how strong it is
    assert led.session.state == table.ASKING_STRENGTH
    assert len(led.notes("pain")) == 1


def test_where_it_hurts_can_be_told_while_another_question_is_asked(led, voice):
    hurt(led, "upper_back").wait(12)
    now = led.session.now
    led.say("it_hurts", "my neck hurts")
    led.wait(10)
    noted = voice.say("pain_noted", answer="neck")
    assert led.lines(since=now) == [*voice.say("pain_again"), *noted, *voice.say("pain_ask_strength")]
    led.say("number_2")
    led.say("dull")
    assert [note["where"] for note in led.notes("pain_told")] == ["neck"]


def test_a_leg_told_when_an_easier_way_is_offered_leaves_the_exercise_out(led, voice):
    hurt(led, *A_LITTLE)
    assert led.session.state == table.OFFERING_EASIER
    led.say("it_hurts", "my knee hurts")
    led.wait(15)
    assert led.session.state == table.OFFERING_ANOTHER
    assert voice.say("pain_because_where")[0] in led.lines()
    assert [note["response"] for note in led.notes("pain_told")] == ["easier", "another"]
    led.say("it_hurts", "my back hurts")  # a second place takes nothing back
    assert led.session.state == table.OFFERING_ANOTHER
    assert led.notes("pain_told")[-1]["where"] == "leg"
    assert len(led.notes("pain")) == 1


def test_a_leg_told_when_no_other_exercise_is_left_ends_it(led, voice):
    led.say("done")
    while led.session._course.another_exercise is not None:
        led.say("next")
    led.wait_for(table.HOLDING, limit_s=3600).wait(1)
    for said in ("it_hurts", *A_LITTLE):
        led.say(said)
    assert led.session.state == table.OFFERING_EASIER
    led.say("it_hurts", "my leg hurts")
    led.wait_for(table.ENDED)
    assert led.lines().count(voice.say("pain_because_no_other")[0]) == 1
    assert led.notes("pain_told")[-1]["response"] == "end"
    assert led.ends()[0].outcome == "eased"


def test_a_second_pain_with_its_place_ends_the_session_like_any_other(led):
    hurt(led, *A_LITTLE, "yes").wait_for(table.MOVING).wait(2)
    led.say("it_hurts", "my knee hurts")
    assert led.session.state == table.CLOSING
    assert [note["where"] for note in led.notes("pain_told")] == ["lower_back", "leg"]


def test_a_pain_is_noted_at_once_and_what_is_told_of_it_when_it_is_known(led):
    hurt(led)
    assert [note["exercise"] for note in led.notes("pain")] == ["jefferson-curl"]
    assert led.notes("pain_told") == []
    for answer in A_LITTLE:
        led.say(answer)
    told = {"exercise": "jefferson-curl", "where": "lower_back", "strength": 2, "kind": "dull"}
    assert led.notes("pain_told") == [{**told, "response": "easier"}]


@pytest.mark.parametrize(
    ("answers", "state", "key"),
    [
        (A_LITTLE, table.OFFERING_EASIER, "pain_because_a_little"),
        (("lower_back", "a_little", "dull"), table.OFFERING_EASIER, "pain_because_a_little"),
        (MORE, table.OFFERING_ANOTHER, "pain_because_more_than_a_little"),
        (("lower_back", "number_1", "sharp"), table.OFFERING_ANOTHER, "pain_because_kind"),
        (("leg", "number_1", "dull"), table.OFFERING_ANOTHER, "pain_because_where"),
        (("unsure", "number_1", "dull"), table.OFFERING_ANOTHER, "pain_because_where_unknown"),
        (("lower_back", "number_5", "dull"), table.CLOSING, "pain_because_strong"),
        (("lower_back", "a_lot", "dull"), table.CLOSING, "pain_because_strong"),
        (("lower_back", "unsure", "dull"), table.CLOSING, "pain_because_unknown"),
        (("lower_back", "number_1", "next"), table.CLOSING, "pain_because_unknown"),
        (("next", "next", "next"), table.CLOSING, "pain_because_unknown"),
        (("lower_back", "number_1", "shooting"), table.CLOSING, "pain_because_nerve"),
        (("numb",), table.CLOSING, "pain_because_nerve"),
        (("leg", "shooting"), table.CLOSING, "pain_because_nerve"),
    ],
)
def test_each_pain_has_its_response_and_a_sentence_that_tells_why(led, voice, answers, state, key):
    hurt(led, *answers).wait(8)
    assert led.session.state == state
    assert voice.say(key)[0] in led.lines()


def test_the_easier_variant_that_is_offered_is_taken_on_yes(led, circuit):
    hurt(led, *A_LITTLE).wait(12)
    easier = circuit.parts[0].exercise.easier[0].name
    assert easier in led.lines()[-1]
    led.say("yes")
    led.wait_for(table.RESTING)
    assert led.notes("set")[-1]["variant"] == easier


def test_a_number_is_put_right_while_the_next_question_is_asked(led, voice):
    hurt(led, "lower_back", "number_9", "correction_2")
    assert led.session.state == table.ASKING_KIND
    led.wait(10)
    assert led.lines()[-2:] == [*voice.say("answer_corrected", number=2), *voice.say("pain_ask_kind")]
    led.say("dull")
    assert led.notes("pain_told")[0]["strength"] == 2


@pytest.mark.parametrize(
    ("number", "state"), [(2, table.OFFERING_EASIER), (4, table.OFFERING_ANOTHER), (7, table.CLOSING)]
)
def test_a_number_that_is_put_right_after_the_decision_is_decided_anew(led, number, state):
    hurt(led, *A_LITTLE, f"correction_{number}")
    assert led.session.state == state
    assert [note["strength"] for note in led.notes("pain_told")] == [2, number]


def test_back_asks_the_question_before(led):
    hurt(led, *A_LITTLE, "back")
    assert led.session.state == table.ASKING_KIND
    led.say("back")
    assert led.session.state == table.ASKING_STRENGTH
    led.say("back")
    assert led.session.state == table.ASKING_WHERE


def test_who_says_back_when_asked_where_means_the_back(led):
    hurt(led, "back", "number_2", "dull")
    assert led.notes("pain_told")[0]["where"] == "lower_back"


@pytest.mark.parametrize("said", ["repeat", "resume", "it_hurts", "help"])
def test_each_question_is_asked_again_for_who_asks_or_says_that_it_hurts(led, voice, said):
    hurt(led)
    questions = ("pain_ask_where", "pain_ask_strength", "pain_ask_kind")
    for answer, key in zip(A_LITTLE, questions, strict=True):
        led.wait(10)
        state, now = led.session.state, led.session.now
        led.say(said)
        led.wait(40)
        assert led.session.state == state
        assert voice.say(key)[0] in led.lines(since=now)
        led.say(answer)
    assert len(led.notes("pain")) == 1


def test_a_pause_among_the_questions_leaves_minutes_and_then_they_go_on(led):
    hurt(led, "lower_back").wait(5)
    led.say("pause")
    led.wait(240)
    assert led.session.state == table.ASKING_STRENGTH
    led.say("number_2")
    assert led.session.state == table.ASKING_KIND


def test_whoever_asks_for_the_question_again_has_the_whole_time_for_it_again(led):
    hurt(led).wait(40)  # asked, and asked again
    led.say("repeat")
    led.wait(40)
    assert led.session.state == table.ASKING_WHERE


def test_whoever_asks_again_after_a_pause_among_the_questions_is_back(led, voice):
    hurt(led, "lower_back").wait(5)
    led.say("pause")
    led.wait(20)
    led.say("repeat")
    now = led.session.now
    led.wait(40)
    assert led.lines(since=now).count(voice.say("pain_ask_strength")[0]) == 2


def test_a_question_that_nobody_answers_is_put_twice_then_left_open(led, voice):
    now = hurt(led).session.now
    led.wait_for(table.ASKING_STRENGTH)
    assert led.lines(since=now).count(voice.say("pain_ask_where")[0]) == 2
    assert voice.say("pain_answers_where")[0] in led.lines(since=now)


def test_when_nobody_answers_at_all_the_session_ends_on_the_safe_side(led, voice):
    hurt(led).wait_for(table.ENDED)
    assert led.ends()[0].outcome == "eased"
    assert led.notes("pain_told") == [{"exercise": "jefferson-curl", "response": "end"}]
    assert set(voice.say("pain_end")) <= set(led.lines())


def test_help_among_the_questions_tells_the_answers_but_no_list_of_numbers(led, voice):
    now = hurt(led, "lower_back").session.now
    led.say("help")
    led.wait(40)
    told = led.lines(since=now)
    assert set(voice.say("pain_answers_strength")) <= set(told)
    assert not any("eight" in line for line in told)


def test_stop_among_the_questions_ends_it_and_what_was_told_is_kept(led):
    hurt(led, "lower_back", "number_2", "stop").wait_for(table.ENDED)
    told = {"exercise": "jefferson-curl", "where": "lower_back", "strength": 2}
    assert led.notes("pain_told") == [{**told, "response": "end"}]
    assert led.ends()[0].outcome == "stopped"


def test_after_pain_no_leads_to_another_exercise_and_the_painful_one_is_left_out(led):
    hurt(led, *A_LITTLE, "no")
    assert led.session.state == table.OFFERING_ANOTHER
    led.say("yes")
    led.wait_for(table.ENDED, limit_s=3600)
    assert [n["exercise"] for n in led.notes("set")].count("jefferson-curl") == 1  # the broken one


def test_after_pain_two_refusals_end_it_kindly(led, voice):
    hurt(led, *A_LITTLE, "no", "no")
    led.wait_for(table.ENDED)
    assert led.ends()[0].outcome == "eased"
    assert {*voice.say("pain_end_here"), *voice.say("pain_end")} <= set(led.lines())


def test_the_same_exercise_comes_back_only_when_asked_for_and_confirmed(led):
    hurt(led, *MORE, "resume")
    assert led.session.state == table.CONFIRMING_RETURN
    led.say("yes")
    assert led.session.state == table.BRIEFING
    assert led.session._course.exercise.id == "jefferson-curl"


def test_how_long_counts_nothing_that_is_left_out(circuit):
    course = Course(circuit)
    course.mark_explained()
    rest = course.expected_rest_of_session
    course.leave_out()
    curls = [step for step in course.steps if step.exercise == course.exercise]
    saved = sum(expected_length(it, course.dose_of(it), circuit, explained=True) for it in curls)
    assert course.expected_rest_of_session == rest - saved


@pytest.mark.parametrize(("answers", "state"), [(A_LITTLE, "offering_easier"), (MORE, "offering_another")])
@pytest.mark.parametrize("said", ["no", "it_hurts"])
def test_what_has_not_settled_does_not_come_back_and_the_rules_still_hold(led, answers, state, said):
    hurt(led, *answers, "resume", said)
    assert led.session.state == state
    assert len(led.notes("pain")) == 1


def test_where_there_is_no_easier_way_another_exercise_is_offered(circuit, voice):
    first, *others = circuit.parts
    stiff = replace(circuit, parts=(replace(first, exercise=replace(first.exercise, easier=())), *others))
    led = Led(Session(stiff, voice)).begin()
    hurt(led, *A_LITTLE).wait(10)
    assert led.session.state == table.OFFERING_ANOTHER
    assert voice.say("pain_because_no_easier")[0] in led.lines()
    assert led.notes("pain_told")[0]["response"] == "another"


def test_where_there_is_no_other_exercise_the_session_ends(circuit, voice):
    led = Led(Session(replace(circuit, parts=circuit.parts[:1]), voice)).begin()
    hurt(led, *MORE).wait(10)
    assert led.session.state == table.CLOSING
    assert voice.say("pain_because_no_other")[0] in led.lines()


def test_another_exercise_is_of_the_same_purpose_and_what_lies_between_comes_after_it(circuit, voice):
    curl, camel, stretch = circuit.parts
    led = Led(Session(replace(circuit, parts=(curl, stretch, camel)), voice)).begin()
    hurt(led, *MORE, "yes")
    assert led.session._course.exercise.id == "cat-camel"
    led.wait_for(table.ENDED, limit_s=3600)
    done = [n["exercise"] for n in led.notes("set")]
    assert done[:4] == ["jefferson-curl", "cat-camel", *["prone-single-arm-pec-stretch"] * 2]
    assert len(done) == 1 + 3 * 3  # the broken set, and in each round the two others, one of them on two sides


@pytest.mark.parametrize("exercise", ["the same", "another"])
def test_a_second_pain_ends_the_session_whatever_the_exercise(led, voice, exercise):
    hurt(led, *(A_LITTLE if exercise == "the same" else MORE), "yes")
    hurt(led, after=1)
    assert led.session.state == table.CLOSING
    led.wait_for(table.ENDED)
    assert voice.say("pain_because_second")[0] in led.lines()
    assert [note["response"] for note in led.notes("pain_told")][1:] == ["end"]
    assert led.ends()[0].outcome == "eased"


def test_with_stricter_rules_the_first_pain_ends_the_session(circuit, voice):
    led = Led(Session(circuit, voice, PainRules(pains_per_session=1))).begin()
    hurt(led).wait(6)
    assert led.session.state == table.CLOSING
    assert voice.say("pain_because_first")[0] in led.lines()


def test_an_offer_after_pain_that_nobody_answers_ends_the_session_on_the_safe_side(led):
    hurt(led, *A_LITTLE)
    led.wait_for(table.ENDED)
    assert led.ends()[0].outcome == "eased"


@pytest.mark.parametrize("sign", ["shooting", "numb"])
@pytest.mark.parametrize("answers", [A_LITTLE, MORE, (*A_LITTLE, "resume")])
def test_a_sign_of_a_nerve_told_at_an_offer_ends_it_with_advice(led, voice, answers, sign):
    hurt(led, *answers)
    assert led.session.state in table.CHOOSING
    led.say(sign)
    led.wait_for(table.ENDED)
    assert led.notes("pain_told")[-1]["response"] == "see_someone"
    assert voice.say("see_someone")[-1] == led.lines()[-1]


@pytest.mark.parametrize("said", ["harder", "faster"])
def test_after_pain_another_exercise_gets_no_harder_and_no_faster_than_the_routine_has_it(led, voice, said):
    hurt(led, *MORE, "yes")
    led.wait_for(table.MOVING).wait(1)
    assert led.session._course.exercise.id != "jefferson-curl"
    led.say(said)
    led.wait(0.1)
    assert led.lines()[-1] in voice.say("no_harder_after_pain")
    led.say("slower")
    led.say("faster")
    led.wait(0.1)
    assert led.lines()[-1] in voice.say("faster")
    assert led.session._course.tempo == 0


def test_slower_is_slower_than_what_a_pain_has_slowed_down(led):
    led.wait_for(table.MOVING).wait(1)
    for said in ("slower", "it_hurts", *A_LITTLE, "yes"):
        led.say(said)
    led.session._course.tempo = 0  # as after "faster" in another exercise
    led.wait_for(table.MOVING).wait(1)
    before = led.session._course.dose.repetition
    led.say("slower")
    assert led.session._course.dose.repetition > before


@pytest.mark.parametrize("said", ["harder", "faster"])
def test_harder_and_faster_are_refused_after_pain(led, voice, said):
    hurt(led, *A_LITTLE, "yes")
    led.wait_for(table.MOVING).wait(1)
    led.say(said)
    led.wait(0.1)
    assert led.lines()[-1] in voice.say("no_harder_after_pain")


def test_a_hold_that_hurt_in_a_harder_way_is_held_no_longer_in_an_easier_one(voice):
    """The side plank with straight legs is held for six of the ten seconds that the side plank is."""
    led = Led(Session(load_routine("core"), voice)).begin()
    led.say("done")
    while led.session._course.exercise.id != "side-plank":
        led.say("next")
    led.say("harder")
    led.wait_for(table.HOLDING).wait(1)
    for said in ("it_hurts", *A_LITTLE, "yes"):
        led.say(said)
    assert led.session._course.name == "side plank"
    led.wait_for(table.RESTING, limit_s=300)
    assert [(it["ended"], it["seconds"]) for it in led.notes("set")] == [
        ("pain", 1),
        ("completed", 6),
        ("completed", 6),
    ]


def test_few_repetitions_that_hurt_in_a_harder_way_are_no_more_in_an_easier_one(circuit, voice):
    part = circuit.parts[0]
    harder = (replace(part.exercise.harder[0], amount=0.4),)
    parts = (replace(part, exercise=replace(part.exercise, harder=harder)), *circuit.parts[1:])
    led = Led(Session(replace(circuit, parts=parts), voice)).begin()
    led.say("done")
    for said in ("harder", "it_hurts", *A_LITTLE, "yes"):
        led.say(said)
    led.wait_for(table.RESTING, limit_s=300)
    assert [(it["planned"], it["repetitions"]) for it in led.notes("set")] == [(2, 2)]


def test_what_was_slowed_down_after_pain_may_come_back_to_its_tempo(led, voice):
    hurt(led, *A_LITTLE, "yes")
    led.wait_for(table.MOVING).wait(1)
    led.say("slower")
    led.say("faster")
    led.wait(0.1)
    assert led.lines()[-1] in voice.say("faster")
    assert led.session._course.tempo == 0


def test_pain_while_it_is_closing_is_taken_seriously_too(led, voice):
    led.wait_for(table.CLOSING, limit_s=3600).wait(1)
    led.say("it_hurts")
    led.say("it_hurts")
    led.wait_for(table.ENDED)
    assert led.ends()[0].outcome == "eased"
    assert voice.say("pain_end")[-1] in led.lines()
    assert len(led.notes("pain")) == len(led.notes("pain_told")) == 1


# --- Red flags -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [(), ("it_hurts",), ("it_hurts", "leg"), ("it_hurts", *A_LITTLE), ("pause",)])
def test_a_red_flag_ends_it_and_says_what_to_do_today(led, voice, said):
    led.wait_for(table.MOVING).wait(10)
    for it in said:
        led.say(it)
    now = led.session.now
    led.send(Heard(Command("red_flag"), "i feel dizzy"))
    assert led.session.state == table.CLOSING
    led.wait_for(table.ENDED)
    told = (*voice.say("pain_halt"), *voice.say("red_flag_heard"), *voice.say("see_someone"))
    assert led.lines(since=now)[-len(told) :] == list(told)
    assert led.notes("red_flag")[0]["words"] == "i feel dizzy"
    assert led.ends()[0].outcome == "eased"


def test_a_red_flag_among_the_questions_decides_them(led):
    hurt(led, "leg", "red_flag")
    assert led.notes("pain_told") == [{"exercise": "jefferson-curl", "where": "leg", "response": "see_someone"}]


def test_nothing_takes_the_advice_of_a_red_flag_back(led, voice):
    led.wait_for(table.MOVING).wait(10)
    led.say("red_flag")
    led.wait(1)
    led.say("it_hurts")
    led.wait_for(table.ENDED)
    assert led.lines()[-1] == voice.say("see_someone")[-1]


def test_the_last_words_can_be_heard_again(led, voice):
    led.wait_for(table.MOVING)
    led.say("red_flag")
    led.wait(12)
    led.say("repeat")
    led.wait_for(table.ENDED)
    assert led.lines().count(voice.say("see_someone")[0]) == 2


def test_stop_in_the_last_words_leaves_the_session_what_it_was_and_lets_nothing_follow(led):
    led.wait_for(table.CLOSING, limit_s=3600).wait(1)
    led.say("stop")
    led.wait_for(table.ENDED)
    assert led.notes("end") == [{"exercise": "", "outcome": "completed"}]
    assert led.ends()[0].on_request


def test_what_was_half_done_is_noted_when_it_is_stopped(led):
    led.wait_for(table.MOVING).wait(17)
    led.say("stop")
    assert led.notes("set")[0]["repetitions"] == 2
    led.wait_for(table.ENDED)
    assert led.notes("end") == [{"exercise": "", "outcome": "stopped"}]


# --- "Stop ... it hurts" ---------------------------------------------------------------------------------


def test_after_stop_it_listens_on_for_four_seconds_of_silence_and_ends(led):
    led.wait_for(table.MOVING).wait(5)
    led.say("stop")
    said = len(led.said())
    assert led.listening() == table.spoken_in(table.STOPPING)
    led.wait(3.9)
    assert not led.session.ended
    led.wait(0.2)
    assert led.session.ended
    assert len(led.said()) == said


def test_who_says_stop_once_more_ends_it_at_once(led):
    led.wait_for(table.MOVING).wait(5)
    led.say("stop")
    led.say("stop")
    assert led.ends()[0].outcome == "stopped"


def test_stop_and_then_it_hurts_is_a_pain_and_asked_about(led, voice):
    led.wait_for(table.MOVING).wait(15)
    led.say("stop")
    led.wait(1.5)
    led.say("it_hurts", "it hurts")
    led.wait(12)
    assert led.session.state == table.ASKING_WHERE
    assert led.lines()[-3:] == [*voice.say("pain_halt"), *voice.say("pain_ask_where")]
    (pain,) = led.notes("pain")
    assert (pain["exercise"], pain["state"]) == ("jefferson-curl", "moving")
    assert [note["ended"] for note in led.notes("set")] == ["stopped"]


def test_stop_and_then_a_place_that_hurts_is_not_asked_where(led):
    led.wait_for(table.MOVING).wait(5)
    led.say("stop")
    led.say("it_hurts", "my back hurts")
    assert led.session.state == table.ASKING_STRENGTH


def test_who_went_on_after_stop_and_a_pain_has_not_stopped(led):
    led.wait_for(table.MOVING).wait(5)
    led.say("stop")
    for said in ("it_hurts", *A_LITTLE, "yes"):
        led.say(said)
    led.wait_for(table.ENDED, limit_s=3600)
    assert led.ends()[0].outcome == "completed"


def test_stop_and_then_a_pain_among_the_questions_asks_them_anew_about_the_same_pain(led, voice):
    hurt(led, "stop")
    led.say("it_hurts", "it hurts")
    led.wait(12)
    assert led.session.state == table.ASKING_WHERE
    assert {*voice.say("pain_again"), *voice.say("pain_ask_where")} <= set(led.lines())
    led.say("stop")
    led.say("it_hurts", "my neck hurts")
    led.wait(12)
    assert led.session.state == table.ASKING_STRENGTH  # where is known by now, and not asked once more
    assert led.lines()[-1] == voice.say("pain_ask_strength")[-1]
    led.say("stop")
    led.say("stop")
    assert len(led.notes("pain")) == len(led.notes("pain_told")) == 1


def test_stop_and_then_a_pain_while_it_is_closing_is_noted_with_the_last_words(led, voice):
    led.wait_for(table.CLOSING, limit_s=3600).wait(1)
    led.say("stop")
    led.say("it_hurts", "it hurts")
    led.wait_for(table.ENDED)
    assert led.ends()[0].outcome == "eased"
    assert led.lines()[-1] == voice.say("pain_end")[-1]
    assert len(led.notes("pain")) == len(led.notes("pain_told")) == 1


def test_stop_and_then_a_red_flag_is_answered_with_advice(led, voice):
    led.wait_for(table.MOVING).wait(5)
    led.say("stop")
    led.send(Heard(Command("red_flag"), "i feel dizzy"))
    led.wait_for(table.ENDED)
    assert led.lines()[-1] == voice.say("see_someone")[-1]
    assert led.notes("red_flag")[0]["state"] == "moving"


def test_a_trouble_after_stop_breaks_no_silence(led):
    led.wait_for(table.MOVING).wait(5)
    led.say("stop")
    assert led.send(Troubled("trouble_store")) == ()


def test_two_sessions_at_once_know_nothing_of_each_other(led, circuit, voice):
    other = Led(Session(circuit, voice)).begin()
    led.wait_for(table.MOVING)
    assert other.session.state == table.WELCOMING
    led.say("it_hurts")
    other.wait_for(table.MOVING)
    led.say("stop")
    assert (led.session.state, other.session.state) == (table.STOPPING, table.MOVING)
    assert other.notes("pain") == []
