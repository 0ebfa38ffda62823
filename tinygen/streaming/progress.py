"""Who wants to know how far a search is: whoever waits for it, at most one at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Progress = Callable[[float], None]

_listener: ContextVar[Progress | None] = ContextVar("listener", default=None)


@contextmanager
def reporting(to: Progress) -> Iterator[None]:
    """Within this context `to` is told which share of the search that runs is done; searches follow each other."""
    token = _listener.set(to)
    try:
        yield
    finally:
        _listener.reset(token)


def report(share: float) -> None:
    """Tell whoever listens."""
    listener = _listener.get()
    if listener is not None:
        listener(share)
