"""Parts of a learner that are functions in Python.

A function sees whole batches as arrays of single precision and a generator of random numbers that is a function of the
run's seed and the step. It has to be pure: the same arguments give the same result. Its name and a digest of its source
and version stand in the run's settings, so a function that was changed makes another run.
"""

from __future__ import annotations

import hashlib
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar, overload

import numpy as np

from . import _featurescope
from ._errors import SettingError

_Function = TypeVar("_Function", bound=Callable[..., Any])
_DIGITS = 12


class Part:
    """A function that fills a slot; called, it is the function."""

    def __init__(self, slot: str, kind: str, function: Callable[..., Any], version: str) -> None:
        self.slot = slot
        """The slot that it fills: ``augmentation``, ``objective``."""
        self.kind = kind
        """What the slot calls parts of its kind."""
        self.function = function
        """The function."""
        self.name: str = getattr(function, "__name__", type(function).__name__)
        """Its name."""
        self.__doc__ = function.__doc__
        digest = hashlib.sha256(f"{_source(self.name, function, version)}\0{version}".encode())
        self.identifier = f"{self.name}@{digest.hexdigest()[:_DIGITS]}"
        """Its name and a digest of its source and version: what stands in the settings of a run."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.function(*arguments, **named)

    def __repr__(self) -> str:
        return f"<featurescope.{self.slot} {self.identifier}>"

    def refuse_other_slot(self, slot: str) -> None:
        """An error unless it fills this slot."""
        if slot != self.slot:
            raise SettingError(f"{slot} = {self.name} cannot be used: @featurescope.{self.slot} made it")


def _source(name: str, function: Callable[..., Any], version: str) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        if version:
            return ""
        raise SettingError(
            f"the source of {name} cannot be found, so nobody could tell whether it was changed: give a version, for "
            f'example @featurescope.augmentation(version="1")'
        ) from None


def _generator(stream: tuple[int, ...], first_row: int) -> np.random.Generator:
    """A generator that is a function of the run's seed, what it is for, the step and the first row of the batch."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([*stream, first_row])))


def _checked(what: str, value: object, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """``value`` as an array of single precision, if it is one of real numbers in this shape."""
    expected = f"expected {what} to be an array of real numbers of shape {shape}"
    if not isinstance(value, np.ndarray):
        value = np.asarray(value)
    if value.dtype.kind != "f":
        raise TypeError(f"{expected}, got dtype {value.dtype}")
    if value.shape != shape:
        raise ValueError(f"{expected}, got shape {value.shape}")
    return np.ascontiguousarray(value, dtype=np.float32)


def _decorator(make: Callable[[Callable[..., Any], str], Part], function: Any, version: str) -> Any:
    if function is None:
        return lambda function: make(function, version)
    return make(function, version)


@overload
def augmentation(function: Callable[..., Any], /) -> Part: ...
@overload
def augmentation(*, version: str = "") -> Callable[[Callable[..., Any]], Part]: ...
def augmentation(function: Callable[..., Any] | None = None, /, *, version: str = "") -> Any:
    """Make a function an augmentation: how samples become the two views of positive pairs.

    The function is called as ``function(x, rng)``. ``x`` holds samples, rows × ambient_dim, and may be written to;
    ``rng`` is a ``numpy.random.Generator``. It returns the anchors x⁺ and the positives x⁺⁺, both of the shape of ``x``.
    Single views, as negatives may need them, are its anchors.

    Reduced dynamics never draws x: arms with such an augmentation need ``dynamics="sampled"``.
    """

    def make(function: Callable[..., Any], version: str) -> Part:
        part = Part("augmentation", "python", function, version)

        def call(x: np.ndarray[Any, Any], stream: tuple[int, ...], first_row: int) -> Any:
            shape = x.shape
            views = function(x, _generator(stream, first_row))
            if not isinstance(views, tuple) or len(views) != 2:
                raise TypeError(f"expected two arrays of shape {shape}, anchors and positives, got {type(views).__name__}")
            return _checked("the anchors", views[0], shape), _checked("the positives", views[1], shape)

        _featurescope.register("augmentation", part.identifier, call)
        return part

    return _decorator(make, function, version)


_OBJECTIVES = {
    ("anchor", "positive", "negatives"): "python",
    ("anchor", "positive"): "python_pairs",
    ("features", "codes"): "python_labels",
}


@overload
def objective(function: Callable[..., Any], /) -> Part: ...
@overload
def objective(*, version: str = "") -> Callable[[Callable[..., Any]], Part]: ...
def objective(function: Callable[..., Any] | None = None, /, *, version: str = "") -> Any:
    """Make a function an objective: a loss on features, with its gradients.

    Its parameters say what it needs: ``(anchor, positive, negatives)``, ``(anchor, positive)``, or ``(features, codes)``
    for one that learns from labels. Features are rows × K, codes rows × latent_dim. It returns the loss, averaged over
    the anchors, and a gradient for each of its arguments but the codes, in order; ``None`` for a branch behind StopGrad.
    With ``negative_set="in_batch"`` row p of the negatives is the sample of anchor p.
    """

    def make(function: Callable[..., Any], version: str) -> Part:
        names = tuple(inspect.signature(function).parameters)
        kind = _OBJECTIVES.get(names)
        if kind is None:
            known = " or ".join(f"({', '.join(known)})" for known in _OBJECTIVES)
            raise SettingError(f"an objective has the parameters {known}, not ({', '.join(names)})")
        part = Part("objective", kind, function, version)

        def call(batch: list[np.ndarray[Any, Any]]) -> tuple[float, list[Any]]:
            branches = list(zip(names, batch))[: 1 if kind == "python_labels" else None]
            # The function may write to what it gets.
            shapes = [array.shape for _, array in branches]
            found = function(*batch)
            if not isinstance(found, tuple) or len(found) != 1 + len(branches):
                raise TypeError(f"expected the loss and {len(branches)} gradients, got {type(found).__name__}")
            gradients = [
                None if gradient is None else _checked(f"the gradient of {name}", gradient, shape)
                for (name, _), gradient, shape in zip(branches, found[1:], shapes)
            ]
            return float(found[0]), gradients

        _featurescope.register("objective", part.identifier, call)
        return part

    return _decorator(make, function, version)
