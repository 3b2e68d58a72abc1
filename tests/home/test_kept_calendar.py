"""The calendar in its file and in memory: one contract; and what only a file can suffer."""

from contextlib import closing
from datetime import UTC, date, datetime, time

import pytest

from coach.devices.calendar import KeptCalendar
from coach.home.reminders import Calendar, Quiet, Reminder, good_night, look, reminded_at, snoozed
from coach.rehearsal.calendar import MemoryCalendar

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def busy() -> Calendar:
    """A calendar with a bit of everything."""
    calendar = Calendar(reminders=(Reminder(time(12), frozenset({0, 1})),), quiet=Quiet(time(21), time(6, 30)))
    calendar = reminded_at(look(calendar, NOON)[0], NOON.replace(hour=19))
    return good_night(snoozed(calendar, NOON), NOON)


def fail(sentence: str) -> None:
    pytest.fail(sentence)


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_what_was_kept_last_is_the_calendar(kind, tmp_path):
    kept = MemoryCalendar() if kind == "memory" else KeptCalendar(tmp_path / "reminders.json", fail)
    with closing(kept):
        assert kept.calendar == Calendar()
        kept.keep(busy())
        kept.keep(Calendar(not_on=date(2026, 3, 2)))
        assert kept.calendar == Calendar(not_on=date(2026, 3, 2))


def test_a_restart_forgets_nothing(tmp_path):
    path = tmp_path / "state" / "reminders.json"
    with closing(KeptCalendar(path, fail)) as kept:
        kept.keep(busy())
    with closing(KeptCalendar(path, fail)) as kept:
        assert kept.calendar == busy()


def test_a_restart_tells_nothing_twice_and_still_repeats_once(tmp_path):
    told = []
    path = tmp_path / "reminders.json"
    for minute in range(60):
        with closing(KeptCalendar(path, fail)) as kept:
            before = kept.calendar if minute else Calendar(reminders=(Reminder(time(12)),))
            calendar, telling = look(before, NOON.replace(minute=minute))
            kept.keep(calendar)
            told += [(minute, telling)] if telling else []
    assert told == [(0, "first"), (15, "again")]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b'{"reminders": [{"at": "25:00"}]}', b"\xff\x00", b"[" * 50_000),
        b'{"again": {"since": "2026-03-02T12:00:00", "due": "2026-03-02T12:10:00Z", "snoozed": true}}',
        b'{"hush": {"since": "2026-03-02T22:00:00Z", "until": "2026-03-03T07:00:00"}}',
        b'{"reminders": [{"at": "07:00:00Z", "on": "2026-12-01"}]}',
        b'{"told": [[{"at": "07:00:00+01:00"}, "2026-12-01"]]}',
        b'{"quiet": {"begins": "22:00:00", "ends": "07:00:00Z"}}',
    ],
)
def test_a_damaged_file_is_told_and_counts_as_none(content, tmp_path):
    path, told = tmp_path / "reminders.json", []
    path.write_bytes(content)
    with closing(KeptCalendar(path, told.append)) as kept:
        assert kept.calendar == Calendar()
        kept.keep(busy())
    assert told == [f"The reminders in {path} are damaged: they begin anew."]
    with closing(KeptCalendar(path, fail)) as kept:
        assert kept.calendar == busy()


@pytest.mark.parametrize("year", ["0001-01-01", "9999-12-31"])
def test_a_moment_beyond_all_calendars_is_not_fatal(year, tmp_path):
    path = tmp_path / "reminders.json"
    again = f'{{"since": "{year}T00:00:00Z", "due": "{year}T00:00:00Z", "snoozed": true}}'
    hush = f'{{"since": "{year}T00:00:00", "until": "{year}T00:00:00"}}'
    path.write_text(f'{{"again": {again}, "hush": {hush}}}')
    with closing(KeptCalendar(path, fail)) as kept:
        assert look(look(kept.calendar, NOON)[0], NOON) == (Calendar(hush=kept.calendar.hush), None)


def test_where_nothing_can_be_written_it_is_told_once_and_lasts_until_the_restart(tmp_path):
    (tmp_path / "file").write_text("no folder")
    told: list[str] = []
    with closing(KeptCalendar(tmp_path / "file" / "reminders.json", told.append)) as kept:
        told.clear()
        kept.keep(busy())
        kept.keep(Calendar())
        kept.keep(busy())
        assert kept.calendar == busy()
    assert len(told) == 1
    assert "A restart will forget them." in told[0]


def test_a_half_written_file_of_a_power_cut_is_not_the_one_that_counts(tmp_path):
    path = tmp_path / "reminders.json"
    with closing(KeptCalendar(path, fail)) as kept:
        kept.keep(busy())
    (tmp_path / ".reminders.json").write_bytes(b"{ half")
    with closing(KeptCalendar(path, fail)) as kept:
        assert kept.calendar == busy()
        kept.keep(Calendar())
    assert [it.name for it in tmp_path.iterdir()] == ["reminders.json"]


def test_closing_again_does_nothing(tmp_path):
    kept = KeptCalendar(tmp_path / "reminders.json", fail)
    kept.close()
    kept.close()
