"""For every test there is: the network is refused, and a test in which anything asked for it fails.

Some libraries swallow the refusal and go on, so it does not suffice to refuse. Processes that a test starts are
their own: what they may do is up to the test.
"""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from coach.offline import refused, stay_offline

stay_offline()

# A shell that starts the tests in the background has SIGINT ignored; tests of Ctrl-C mean it as in the foreground.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test may depend on how fast the machine is.
settings.register_profile("coach", deadline=None)
settings.load_profile("coach")

# urllib3, which vosk brings along, tries on import whether it could bind to IPv6 loopback; nothing leaves.
HARMLESS = {"socket.bind ('::1', 0)"}

_known = 0


@pytest.fixture(autouse=True)
def _offline() -> Iterator[None]:
    """Fail a test that tried to reach the network, or the first one after an import that did."""
    global _known
    yield
    attempts, _known = refused()[_known:], len(refused())
    if reached_out := set(attempts) - HARMLESS:
        pytest.fail(f"something tried to reach the network: {', '.join(sorted(reached_out))}", pytrace=False)
