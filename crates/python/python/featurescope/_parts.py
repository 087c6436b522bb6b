"""Parts of a learner that are functions in Python.

A function sees whole batches as arrays of single precision and a generator of random numbers that is a function of the
run's seed and the step. It has to be pure: the same arguments give the same result. Its name and a digest of its source
and version stand in the run's settings, so a function that was changed makes another run.
"""

from __future__ import annotations

import copy
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np

from . import _featurescope
from ._errors import SettingError

_Function = TypeVar("_Function", bound=Callable[..., Any])
_DIGITS = 12
_KEYS = {"bias_rule": "bias", "data_law": "data", "measurement": "measure.measurement"}
"""Keys of slots that are not called as their decorator is."""


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
        self.version = version
        """What its author calls its version."""
        self.__doc__ = function.__doc__
        digest = hashlib.sha256(f"{_source(self.name, function, version)}\0{version}".encode())
        self.identifier = f"{self.name}@{digest.hexdigest()[:_DIGITS]}"
        """Its name and a digest of its source and version: what stands in the settings of a run."""

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self.function(*arguments, **named)

    def __repr__(self) -> str:
        return f"<featurescope.{self.slot} {self.identifier}>"

    def refuse_other_slot(self, slot: str) -> None:
        """An error unless it fills the slot with this key."""
        own = _KEYS.get(self.slot, self.slot)
        if slot != own:
            raise SettingError(f"{slot} = {self.name} cannot be used: @featurescope.{self.slot} fills {own}")


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
            anchors, positives = _pair(function(x, _generator(stream, first_row)), ("anchors", "positives"))
            return _checked("the anchors", anchors, shape), _checked("the positives", positives, shape)

        _featurescope.register("augmentation", part.identifier, call)
        return part

    return _decorator(make, function, version)


def _pair(what: object, names: tuple[str, str]) -> tuple[Any, Any]:
    if not isinstance(what, tuple) or len(what) != 2:
        raise TypeError(f"expected two arrays, {names[0]} and {names[1]}, got {type(what).__name__}")
    return what[0], what[1]


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


@overload
def data_law(function: Callable[..., Any], /) -> Part: ...
@overload
def data_law(*, version: str = "") -> Callable[[Callable[..., Any]], Part]: ...
def data_law(function: Callable[..., Any] | None = None, /, *, version: str = "") -> Any:
    """Make a function a law of samples x = M z + ξ: it draws the codes z and the noise ξ, the program draws M.

    It is called as ``function(rows, latent_dim, ambient_dim, rng)`` and returns z, rows × latent_dim, and ξ, rows ×
    ambient_dim. M is a Haar dictionary of the run's seed. Only sampled dynamics knows such data.
    """

    def make(function: Callable[..., Any], version: str) -> Part:
        part = Part("data_law", "python", function, version)

        def call(sizes: tuple[int, int, int], stream: tuple[int, ...], first_row: int) -> Any:
            rows, latent_dim, ambient_dim = sizes
            drawn = function(rows, latent_dim, ambient_dim, _generator(stream, first_row))
            codes, noise = _pair(drawn, ("codes", "noise"))
            return _checked("the codes", codes, (rows, latent_dim)), _checked("the noise", noise, (rows, ambient_dim))

        _featurescope.register("data_law", part.identifier, call)
        return part

    return _decorator(make, function, version)


class NetworkPart(Part):
    """A network in Python: features from pre-activations and thresholds; ``@it.backward`` gives it its gradient."""

    def backward(self, function: _Function) -> _Function:
        """Give the network its gradient: ``function(pre, bias, gradient)`` returns ∂L/∂pre and ∂L/∂bias.

        ``gradient`` is ∂L/∂features, rows × m; ∂L/∂bias is summed over the rows, m entries.
        """
        forward = self.function
        both = hashlib.sha256(f"{self.identifier}\0{_source(self.name, function, self.version)}".encode())
        self.identifier = f"{self.name}@{both.hexdigest()[:_DIGITS]}"

        def call(pre: np.ndarray[Any, Any], bias: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
            shape = pre.shape
            return _checked("the features", forward(pre, bias), shape)

        def call_back(pre: np.ndarray[Any, Any], bias: np.ndarray[Any, Any], gradient: np.ndarray[Any, Any]) -> Any:
            shape, width = pre.shape, bias.shape
            of_pre, of_bias = _pair(function(pre, bias, gradient), ("∂L/∂pre", "∂L/∂bias"))
            bias_gradient = _checked("∂L/∂bias", of_bias, width).astype(np.float64)
            return _checked("∂L/∂pre", of_pre, shape), bias_gradient

        _featurescope.register("network", self.identifier, call)
        _featurescope.register("network.backward", self.identifier, call_back)
        return function


def network(function: Callable[..., Any], /, *, version: str = "") -> NetworkPart:
    """Make a function a network: features from the pre-activations of the first layer, ``function(pre, bias)``.

    ``pre`` is W x, rows × m, ``bias`` the thresholds, m; it returns features, rows × m. Give it its gradient with
    ``@it.backward``.
    """
    return NetworkPart("network", "python", function, version)


class BiasStep(NamedTuple):
    """A step as a bias rule sees it, after the weights have moved."""

    step: int
    """Steps taken, this one included."""
    t1: int | None
    """End of stage I, once it is reached."""
    learning_rate: float
    """η of the step."""
    latent_dim: int
    """d, the number of atoms."""
    bias: np.ndarray[Any, np.dtype[np.float32]]
    """b, m entries."""
    old_norms: np.ndarray[Any, np.dtype[np.float32]]
    """‖w_i‖ before the step, m entries."""
    norms: np.ndarray[Any, np.dtype[np.float32]]
    """‖w_i‖ after it, m entries."""
    gradient: np.ndarray[Any, np.dtype[np.float64]]
    """∂L/∂b_i of the step's batch, m entries."""


@overload
def bias_rule(function: Callable[[BiasStep], Any], /) -> Part: ...
@overload
def bias_rule(*, version: str = "") -> Callable[[Callable[[BiasStep], Any]], Part]: ...
def bias_rule(function: Callable[[BiasStep], Any] | None = None, /, *, version: str = "") -> Any:
    """Make a function a bias rule: it returns the thresholds after a :class:`BiasStep`, m entries."""

    def make(function: Callable[[BiasStep], Any], version: str) -> Part:
        part = Part("bias_rule", "python", function, version)

        def call(
            sizes: tuple[int, int | None, float, int],
            state: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]],
            gradient: np.ndarray[Any, Any],
        ) -> Any:
            step = BiasStep(*sizes, *state, gradient)
            width = step.bias.shape
            return _checked("the thresholds", function(step), width)

        _featurescope.register("bias_rule", part.identifier, call)
        return part

    return _decorator(make, function, version)


class Reading(NamedTuple):
    """What a measurement sees at a recorded step."""

    step: int
    """Steps taken."""
    loss: float
    """Loss of the last batch; NaN at step 0."""
    bias: np.ndarray[Any, np.dtype[np.float32]]
    """b, m entries."""
    norms: np.ndarray[Any, np.dtype[np.float32]]
    """‖w_i‖, m entries."""
    coordinates: np.ndarray[Any, np.dtype[np.float32]]
    """⟨w_i, M_j⟩, m × d."""
    dense_energy: np.ndarray[Any, np.dtype[np.float64]]
    """‖w_i − M Mᵀ w_i‖², m entries."""


@overload
def measurement(function: Callable[[Reading], Any], /) -> Part: ...
@overload
def measurement(
    *,
    columns: Mapping[str, str] | None = None,
    neuron_columns: Mapping[str, str] | None = None,
    unit: str = "1",
    version: str = "",
) -> Callable[[Callable[[Reading], Any]], Part]: ...
def measurement(
    function: Callable[[Reading], Any] | None = None,
    /,
    *,
    columns: Mapping[str, str] | None = None,
    neuron_columns: Mapping[str, str] | None = None,
    unit: str = "1",
    version: str = "",
) -> Any:
    """Make a function a measurement: figures of a :class:`Reading`, recorded beside those of the program.

    It returns a number, the column that has the function's name. Where ``columns`` or ``neuron_columns`` name several,
    each with what it means, it returns one thing for each, in order: first a number for each of the ``columns``, which
    stand in ``records``, then an array of m entries for each of the ``neuron_columns``, which stand in ``neurons``. NaN
    stands for "not defined at this step".
    """

    def make(function: Callable[[Reading], Any], version: str) -> Part:
        part = Part("measurement", "python", function, version)
        meaning = (function.__doc__ or "measured in Python").strip().split("\n")[0]
        has_one = not columns and not neuron_columns
        figures = {part.name: meaning} if has_one else dict(columns or {})
        of_neurons = dict(neuron_columns or {})

        def call(*state: Any) -> tuple[list[float], list[np.ndarray[Any, Any]]]:
            reading = Reading(*state)
            found = function(reading)
            found = [found] if has_one or not isinstance(found, (tuple, list)) else list(found)
            if len(found) != len(figures) + len(of_neurons):
                names = ", ".join([*figures, *of_neurons])
                raise ValueError(f"expected {len(figures) + len(of_neurons)} results, for {names}, got {len(found)}")
            arrays = zip(of_neurons, found[len(figures) :])
            shape = reading.norms.shape
            return (
                [float(value) for value in found[: len(figures)]],
                [_of_neurons(name, values, shape) for name, values in arrays],
            )

        declared = sorted(figures.items()) + [(name, f"{doc}, by neuron") for name, doc in sorted(of_neurons.items())]
        named = hashlib.sha256(f"{part.identifier}\0{declared}\0{unit}".encode())
        part.identifier = f"{part.name}@{named.hexdigest()[:_DIGITS]}"
        lines = [[(name, unit, doc) for name, doc in named.items()] for named in (figures, of_neurons)]
        _featurescope.declare_columns(part.identifier, *lines)
        _featurescope.register("measurement", part.identifier, call)
        return part

    return _decorator(make, function, version)


def _of_neurons(name: str, values: object, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """A neuron column in single precision. Unlike a part of the learner it may hold NaN."""
    found = np.asarray(values)
    if found.shape != shape or found.dtype.kind not in "fiub":
        what = f"{found.dtype} of shape {found.shape}"
        raise ValueError(f"expected {name} to be an array of real numbers of shape {shape}, got {what}")
    return found.astype(np.float32)


def together(value: Any) -> Any:
    """Several measurements as one; anything else as it is."""
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(part, Part) for part in value):
        return value
    parts = list(value)
    if any(part.slot != "measurement" for part in parts):
        raise SettingError("a list of parts makes no sweep yet: run one after the other; only measurements go together")
    joined = parts[0]
    if len(parts) > 1:
        joined = copy.copy(joined)
        joined.identifier = ", ".join(part.identifier for part in parts)
    return joined
