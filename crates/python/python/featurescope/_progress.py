"""What is shown of long work: a bar where tqdm is there and somebody looks, a line for each arm elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Listener = Callable[[str, str, float, float], None]
"""Called with what happened, a text, and two numbers.

``arm`` (name, planned steps), ``step`` (steps taken, loss), ``record`` (share of dense energy, coverage), ``ended``
(how, steps, seconds), ``spin`` (what is done now), ``note`` (something to know); of sweeps ``sweep`` (runs,
operations), ``found``, ``advanced`` (operations), ``run`` (how one has ended, seconds).
"""


def _nothing(what: str, text: str, first: float, second: float) -> None:
    """Listens to nothing."""


def _bar_maker() -> Callable[..., Any] | None:
    """tqdm's bar for a terminal or a notebook; nothing where it is not installed or nobody looks."""
    in_notebook = "ipykernel" in sys.modules
    if not in_notebook and not sys.stderr.isatty():
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    maker: Callable[..., Any] = tqdm
    return maker


class Progress:
    """Follows a run or a sweep."""

    def __init__(self) -> None:
        self._make = _bar_maker()
        self._bar: Any = None
        self._figures = ""

    def __call__(self, what: str, text: str, first: float, second: float) -> None:
        handler = getattr(self, f"_{what}", None)
        if handler is not None:
            handler(text, first, second)

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _begin(self, text: str, total: float, unit: str) -> None:
        self.close()
        if self._make is not None:
            self._bar = self._make(total=total, desc=text, unit=unit, leave=False, file=sys.stderr)

    def _tell(self, text: str) -> None:
        if self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr)

    def _arm(self, text: str, first: float, second: float) -> None:
        self._begin(text, first, "step")

    def _resumed(self, text: str, first: float, second: float) -> None:
        self._tell(f"{text}: goes on after {first:.0f} steps")

    def _step(self, text: str, first: float, second: float) -> None:
        if self._bar is not None:
            self._bar.update(first - self._bar.n)
            self._bar.set_postfix_str(f"{self._figures}loss {second:.3f}", refresh=False)

    def _record(self, text: str, first: float, second: float) -> None:
        self._figures = f"dense {first:.2f} covered {second:.2f} "

    def _ended(self, text: str, first: float, second: float) -> None:
        self.close()
        self._tell(f"{text} after {first:.0f} steps, {second:.1f} s")

    def _spin(self, text: str, first: float, second: float) -> None:
        self.close()
        self._tell(f"{text} …")

    def _note(self, text: str, first: float, second: float) -> None:
        self._tell(text)

    def _sweep(self, text: str, first: float, second: float) -> None:
        self._begin(f"{text}: {first:.0f} runs", second, "op")

    def _found(self, text: str, first: float, second: float) -> None:
        if first:
            self._tell(f"{first:.0f} runs are there already")
        self._advanced(text, second, 0.0)

    def _advanced(self, text: str, first: float, second: float) -> None:
        if self._bar is not None:
            self._bar.update(first)

    def _run(self, text: str, first: float, second: float) -> None:
        self._tell(f"{text}, {second:.0f} s")


def listener(progress: bool | Listener) -> Listener:
    """What ``progress=`` asks for."""
    if progress is True:
        return Progress()
    return progress if callable(progress) else _nothing


def close(listening: Listener) -> None:
    """Takes a bar away."""
    if isinstance(listening, Progress):
        listening.close()
