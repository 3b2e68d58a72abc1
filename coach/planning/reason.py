"""Why something was decided: a key and its fields, so that each decision can be said in one sentence.

The sentence itself stands in ``voices/*/says.toml`` under the key. Nothing here knows a word of it.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason.

    Attributes:
        key: the key of its sentence, one of ``coach.session.phrases.KEYS``.
        fields: what the sentence fills in.
    """

    key: str
    fields: tuple[tuple[str, str | int], ...] = ()


def because(key: str, **fields: str | int) -> Reason:
    """Return a reason with its fields."""
    return Reason(key, tuple(fields.items()))
