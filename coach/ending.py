"""Being asked to end: by a service manager (SIGTERM) or by Ctrl-C. Such a request is obeyed in any case.

An exception that a signal raises falls into whatever the main thread is just doing. In a ``__del__`` or the
callback of a weak reference Python prints "Exception ignored" and goes on: the request is lost, and libraries have
many such places: the echo canceller runs through eight with each block of sound, and the state machine's library
catches everything at the end of a transition. Between the taking of a lock and its release the lock stays taken,
and whoever closes the devices may wait for it for ever.

So while devices are open a signal is only noted, and whoever waits looks whether one was: before each block of
sound, at each attempt to find a lost device, and all through a pause. Elsewhere it interrupts at once; it is noted
as well, so that one that was swallowed there is obeyed as soon as devices are opened. A second Ctrl-C always
interrupts at once.
"""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

LOOK_EVERY_S: Final = 0.25
"""So often somebody who waits looks whether it is time to end."""


class Ending:
    """Whether this process has been asked to end, and what such a request interrupts."""

    def __init__(self) -> None:
        self._asked = False
        self._only_noted = False

    def heed(self) -> None:
        """Obey SIGTERM and Ctrl-C from now on; the latter not where whoever started the process has it ignored."""
        signal.signal(signal.SIGTERM, self._note)
        if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, _frame: object) -> None:
        insists = self._asked and number == signal.SIGINT
        self._asked = True
        if insists or not self._only_noted:
            raise KeyboardInterrupt

    def look(self) -> None:
        """Go on, unless the process has been asked to end.

        Raises:
            KeyboardInterrupt: it has been.
        """
        if self._asked:
            raise KeyboardInterrupt

    def wait(self, seconds: float, sleep: Callable[[float], None] = time.sleep) -> None:
        """Wait so long, unless the process is asked to end.

        Args:
            seconds: how long.
            sleep: waits without looking.

        Raises:
            KeyboardInterrupt: it was asked.
        """
        looks = math.ceil(seconds / LOOK_EVERY_S)
        for _ in range(looks):
            self.look()
            sleep(seconds / looks)
        self.look()

    def only_noted(self) -> AbstractContextManager[None]:
        """Do something that no request may interrupt, and that looks for one itself wherever it waits.

        Raises:
            KeyboardInterrupt: there was a request before, or one that was not looked for meanwhile.
        """
        return self._change(only_noted=True)

    def at_once(self) -> AbstractContextManager[None]:
        """Within that, do something that may take long, cannot look, and can be interrupted anywhere.

        Raises:
            KeyboardInterrupt: there was a request, or there is one.
        """
        return self._change(only_noted=False)

    @contextmanager
    def _change(self, *, only_noted: bool) -> Iterator[None]:
        self.look()
        before, self._only_noted = self._only_noted, only_noted
        try:
            yield
        finally:
            self._only_noted = before
            self.look()


ENDING: Final = Ending()
"""That of this process: its signals are there once."""
