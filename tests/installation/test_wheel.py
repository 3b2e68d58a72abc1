"""What a wheel takes in of the content: all that is led and said, and nothing of how ears were made."""

import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def shared() -> list[Path]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    places = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert all(place == f"share/coach/{source}" for source, place in places.items())
    return [REPOSITORY / source for source in places]


def test_each_voice_and_each_routine_is_in_a_wheel() -> None:
    voices = {file.parent for file in REPOSITORY.glob("voices/*/voice.toml")}
    assert {*voices, REPOSITORY / "routines", REPOSITORY / "systemd"} <= set(shared())
    assert all(source.exists() for source in shared())


def test_the_workshop_of_the_ears_is_not_in_a_wheel() -> None:
    workshop = REPOSITORY / "voices" / "recipe"
    assert not any(it == workshop or it in workshop.parents or workshop in it.parents for it in shared())
