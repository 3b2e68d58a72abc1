"""Reminding at the right time: quiet hours, snoozes, repetitions, summer time, and clocks that jump."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coach.home.reminders import (
    EVERY_DAY,
    LATE,
    MOST_SINGLE,
    REPEAT_AFTER,
    SNOOZE,
    Calendar,
    Quiet,
    Reminder,
    answered,
    done_for,
    good_night,
    look,
    meant,
    reminded_at,
    snoozed,
    with_reminders,
)

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 3, 2)
USUAL = Quiet()
ALWAYS_LOUD = Quiet(time(0), time(0))
MINUTE = timedelta(minutes=1)


def at(text: str, day: date = MONDAY, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), tzinfo=zone)


class Home:
    """A calendar that is looked at as time goes on."""

    def __init__(self, *times: str, quiet: Quiet = USUAL, days: frozenset[int] = EVERY_DAY) -> None:
        self.calendar = Calendar(
            reminders=tuple(Reminder(time.fromisoformat(it), days) for it in times), quiet=quiet
        )
        self.told: list[tuple[str, str]] = []

    def look(self, now: datetime) -> "Home":
        self.calendar, telling = look(self.calendar, now)
        if telling:
            self.told.append((f"{now:%d %H:%M}", telling))
        return self

    def live(self, begin: datetime, end: datetime, step: timedelta = MINUTE) -> "Home":
        """Look at the clock regularly, by the time that really passes."""
        moment = begin.astimezone(UTC)
        while moment < end.astimezone(UTC):
            self.look(moment.astimezone(begin.tzinfo))
            moment += step
        return self


# --- By the calendar -------------------------------------------------------------------------------------


def test_a_reminder_is_told_at_its_time_and_repeated_once_if_nobody_answers():
    assert Home("07:30").live(at("07:00"), at("22:00")).told == [("02 07:30", "first"), ("02 07:45", "again")]


def test_who_answers_is_not_reminded_again():
    home = Home("07:30").look(at("07:30"))
    home.calendar = answered(home.calendar)
    assert home.live(at("07:31"), at("22:00")).told == [("02 07:30", "first")]


def test_a_reminder_comes_on_its_days_only():
    home = Home("07:30", days=frozenset({0, 2}))
    for number in range(7):
        home.look(at("07:30", MONDAY + timedelta(days=number)))
    assert home.told == [("02 07:30", "first"), ("04 07:30", "first")]


def test_reminders_that_are_due_together_are_told_once():
    home = Home("07:30", "08:00", "08:15").look(at("08:20"))
    assert home.told == [("02 08:20", "first")]
    assert home.live(at("08:21"), at("22:00")).told[1:] == [("02 08:35", "again")]


def test_nothing_is_told_without_a_reminder():
    assert Home().live(at("00:00"), at("23:59"), 7 * MINUTE).told == []


# --- In peace --------------------------------------------------------------------------------------------


def test_in_the_quiet_hours_a_reminder_waits_for_their_end():
    assert Home("06:30").live(at("06:00"), at("12:00")).told[0] == ("02 07:00", "first")


def test_a_reminder_deep_in_the_quiet_hours_is_not_told_hours_later():
    assert Home("23:30").live(at("23:00"), at("12:00", MONDAY + timedelta(days=1))).told == []


def test_a_repetition_is_not_told_in_the_quiet_hours():
    assert Home("21:50").live(at("21:00"), at("12:00", MONDAY + timedelta(days=1))).told == [("02 21:50", "first")]


@pytest.mark.parametrize(
    ("quiet", "hour", "within"),
    [
        (Quiet(time(22), time(7)), "23:00", True),
        (Quiet(time(22), time(7)), "06:59", True),
        (Quiet(time(22), time(7)), "07:00", False),
        (Quiet(time(13), time(15)), "14:00", True),
        (Quiet(time(13), time(15)), "12:59", False),
        (ALWAYS_LOUD, "00:00", False),
    ],
)
def test_quiet_hours_may_go_over_midnight(quiet, hour, within):
    assert (time.fromisoformat(hour) in quiet) == within


def test_after_not_today_nothing_more_comes_until_tomorrow():
    home = Home("07:30", "18:00").look(at("07:30"))
    home.calendar = done_for(home.calendar, MONDAY)
    home.live(at("07:31"), at("08:00", MONDAY + timedelta(days=1)))
    assert home.told == [("02 07:30", "first"), ("03 07:30", "first"), ("03 07:45", "again")]


def test_not_today_also_drops_a_single_reminder_of_today_but_not_of_tomorrow():
    home = Home()
    home.calendar = reminded_at(home.calendar, at("19:00"))
    home.calendar = reminded_at(home.calendar, at("08:00", MONDAY + timedelta(days=1)))
    home.calendar = done_for(home.calendar, MONDAY)
    assert [it.on for it in home.calendar.reminders] == [date(2026, 3, 3)]


def test_what_is_asked_for_after_not_today_comes():
    home = Home("18:00")
    home.calendar = reminded_at(done_for(home.calendar, MONDAY), at("19:00"))
    assert home.live(at("12:00"), at("19:10")).told == [("02 19:00", "first")]


def test_after_good_night_nothing_comes_before_the_morning():
    home = Home("20:00", "21:00")
    home.calendar = good_night(home.calendar, at("19:30"))
    tomorrow = MONDAY + timedelta(days=1)
    assert home.live(at("19:30"), at("20:10", tomorrow)).told == [("03 20:00", "first")]


# --- As asked for ----------------------------------------------------------------------------------------


def test_a_snooze_is_ten_minutes_and_as_often_as_it_is_asked_for():
    home = Home("07:30").look(at("07:30"))
    home.calendar = snoozed(home.calendar, at("07:31"))
    home.live(at("07:31"), at("07:42"))
    home.calendar = snoozed(home.calendar, at("07:42"))
    home.live(at("07:42"), at("12:00"))
    assert home.told == [("02 07:30", "first"), ("02 07:41", "again"), ("02 07:52", "again")]


def test_a_snooze_comes_even_in_the_quiet_hours():
    home = Home("21:55").look(at("21:55"))
    home.calendar = snoozed(home.calendar, at("21:56"))
    assert home.live(at("21:56"), at("23:59")).told[1:] == [("02 22:06", "again")]


def test_a_single_reminder_comes_once_and_is_forgotten():
    home = Home()
    home.calendar = reminded_at(home.calendar, at("19:00"))
    home.look(at("19:00"))
    home.calendar = answered(home.calendar)
    for number in range(1, 9):
        home.look(at("19:00", MONDAY + timedelta(days=number)))
    assert home.told == [("02 19:00", "first")]
    assert home.calendar.reminders == ()


def test_asking_twice_for_the_same_time_is_one_reminder():
    calendar = reminded_at(reminded_at(Calendar(), at("19:00")), at("19:00"))
    assert len(calendar.reminders) == 1


def test_single_reminders_do_not_pile_up():
    calendar = Calendar(reminders=(Reminder(time(7)),))
    for minute in range(2 * MOST_SINGLE):
        calendar = reminded_at(calendar, at(f"12:{minute:02}"))
    assert len(calendar.reminders) == MOST_SINGLE + 1
    assert Reminder(time(7)) in calendar.reminders


@pytest.mark.parametrize(
    ("said_at", "hour", "part", "is_meant"),
    [
        ("06:30", 7, "", "02 07:00"),
        ("07:30", 7, "", "02 19:00"),
        ("19:30", 7, "", "03 07:00"),
        ("03:00", 5, "", "02 17:00"),  # five in the morning is in the quiet hours
        ("03:00", 5, "morning", "02 05:00"),
        ("10:30", 10, "", "03 10:00"),  # ten in the evening is too late
        ("10:30", 10, "evening", "02 22:00"),
        ("12:00", 8, "morning", "03 08:00"),
        ("07:00", 7, "", "02 19:00"),  # now is not a time to be reminded at
    ],
)
def test_an_hour_is_the_next_one_outside_the_quiet_hours(said_at, hour, part, is_meant):
    assert f"{meant(hour, part, at(said_at), Quiet()):%d %H:%M}" == is_meant


def test_where_all_hours_are_quiet_the_next_one_is_meant():
    assert meant(7, "", at("12:00"), Quiet(time(0), time(23, 59))) == at("19:00")


def test_reminders_by_the_week_are_replaced_and_single_ones_stay():
    calendar = reminded_at(Calendar(reminders=(Reminder(time(7)),)), at("19:00"))
    new = with_reminders(calendar, [Reminder(time(8))], ALWAYS_LOUD)
    assert [it.at for it in new.reminders] == [time(8), time(19)]
    assert new.quiet == ALWAYS_LOUD


# --- Clocks that jump ------------------------------------------------------------------------------------


def test_a_time_that_summer_time_leaves_out_is_told_at_once_after_it():
    spring = date(2026, 3, 29)
    assert Home("02:30", quiet=ALWAYS_LOUD).live(at("00:00", spring), at("12:00", spring)).told == [
        ("29 03:00", "first"),
        ("29 03:15", "again"),
    ]


def test_a_time_that_comes_twice_is_told_once():
    autumn = date(2026, 10, 25)
    assert Home("02:30", quiet=ALWAYS_LOUD).live(at("00:00", autumn), at("12:00", autumn)).told == [
        ("25 02:30", "first"),
        ("25 02:45", "again"),
    ]


def test_a_repetition_across_the_end_of_summer_time_comes_after_a_quarter_of_an_hour():
    autumn = date(2026, 10, 25)
    home = Home("02:50", quiet=ALWAYS_LOUD).live(at("00:00", autumn), at("12:00", autumn))
    assert home.told == [("25 02:50", "first"), ("25 02:05", "again")]


@pytest.mark.parametrize(("hours", "told"), [(1.9, True), (2.1, False)])
def test_after_a_jump_forward_what_was_missed_is_told_if_it_is_not_long_past(hours, told):
    home = Home("10:00").look(at("09:59")).look(at("10:00") + timedelta(hours=hours))
    assert bool(home.told) == told


def test_a_jump_forward_over_midnight_loses_nothing_either():
    home = Home("23:30", quiet=ALWAYS_LOUD).look(at("23:29")).look(at("00:45", MONDAY + timedelta(days=1)))
    assert home.told == [("03 00:45", "first")]


def test_a_clock_that_goes_back_brings_nothing_twice():
    home = Home("10:00").live(at("09:00"), at("10:30")).live(at("09:30"), at("12:00"))
    assert [telling for _, telling in home.told] == ["first", "again"]


def test_a_clock_that_was_years_ahead_keeps_nothing_back():
    home = Home("10:00").look(at("10:00", date(2040, 1, 1)))
    home.calendar = good_night(answered(home.calendar), at("11:00", date(2040, 1, 1)))
    assert home.look(at("10:00")).told[1:] == [("02 10:00", "first")]


def test_a_snooze_is_not_held_up_by_a_clock_that_goes_back():
    home = Home()
    home.calendar = snoozed(home.calendar, at("10:00"))
    assert home.look(at("07:30")).told == [("02 07:30", "again")]


times = st.builds(time, st.integers(0, 23), st.integers(0, 59))
steps = st.one_of(
    st.integers(1, 90),  # minutes that pass
    st.integers(1, 90),
    st.integers(-3 * 24 * 60, 3 * 24 * 60),  # a jump
)


@settings(max_examples=150)
@given(
    st.lists(times, min_size=1, max_size=3, unique=True),
    st.lists(steps, max_size=50),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.sampled_from([date(2026, 3, 7), date(2026, 3, 28), date(2026, 10, 24), date(2026, 4, 4)]),
    st.booleans(),
)
def test_whatever_the_clock_does_nothing_is_told_twice_for_a_day_and_each_is_repeated_once_at_most(
    when, minutes, zone, day, loud
):
    home = Home(quiet=ALWAYS_LOUD if loud else Quiet())
    home.calendar = replace(home.calendar, reminders=tuple(map(Reminder, when)))
    moment = at("12:00", day, ZoneInfo(zone)).astimezone(UTC)
    for step in minutes:
        moment += step * MINUTE
        now = moment.astimezone(ZoneInfo(zone))
        before = len(home.told)
        home.look(now)
        if len(home.told) > before:
            assert now.time() not in home.calendar.quiet
    assert max(Counter(home.calendar.told).values(), default=1) == 1
    tellings = [telling for _, telling in home.told]
    assert "again" not in tellings[:1]
    assert ("again", "again") not in pairwise(tellings)


@settings(max_examples=150)
@given(times, st.integers(0, 119), st.integers(1, 300))
def test_a_jump_forward_of_less_than_two_hours_loses_no_reminder(when, late, before):
    due = at("00:00", date(2026, 6, 10)).replace(hour=when.hour, minute=when.minute)
    home = Home(quiet=ALWAYS_LOUD)
    home.calendar = replace(home.calendar, reminders=(Reminder(when),))
    home.look(due - before * MINUTE)
    known = len(home.told)
    home.look(due + late * MINUTE)
    told_yesterday = before >= 24 * 60 - LATE / MINUTE
    assert len(home.told) == known + 1 or told_yesterday


def test_the_lengths_of_time_are_in_proportion():
    assert SNOOZE < REPEAT_AFTER < LATE
