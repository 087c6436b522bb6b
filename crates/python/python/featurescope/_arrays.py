"""Arrays of NumPy, PyTorch, JAX and others as NumPy sees them: without a copy, where the layout allows it."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ._errors import SettingError

_MAIN_MEMORY = (1, 3, 11)
"""DLPack's kinds of devices whose memory a processor reads: CPU, and CPU memory that a card has pinned."""
_WANTED = "expected an array of samples × neurons, at least 4 × 1"

Matrix = tuple[str, str, "np.ndarray[Any, Any]"]
"""A name, what entries of two bytes are (``float16``, ``bfloat16`` or empty), and the entries."""


def matrix(value: Any, name: str) -> Matrix:
    """A matrix of real numbers as the core reads it: native byte order, aligned, any strides."""
    array, kind = _entries(value, name)
    if array.ndim != 2:
        shape = " × ".join(str(extent) for extent in array.shape) or "a single number"
        more = "; average or flatten its other axes" if array.ndim > 2 else ""
        raise SettingError(f"{name}: its shape is {shape}; {_WANTED}{more}")
    if array.dtype.kind not in "fiub" or array.dtype.itemsize > 8:
        raise SettingError(f"{name}: its entries are of type {array.dtype}, no real numbers of 8 bytes or fewer; {_WANTED}")
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    if array.dtype == np.float16:
        array, kind = array.view(np.uint16), "float16"
    return name, kind, array


def labels(value: Any, name: str) -> Any:
    """Labels as the core reads them: whole numbers, numbers, or texts with ``None`` where there is none."""
    array, kind = _entries(value, name)
    if kind == "bfloat16":
        array = (array.astype(np.uint32) << 16).view(np.float32)
    if array.ndim != 1 and array.size not in array.shape:
        shape = " × ".join(str(extent) for extent in array.shape) or "a single number"
        raise SettingError(f"{name}: their shape is {shape}; expected one label per sample")
    array = array.reshape(-1)
    if array.dtype.kind in "iub":
        if array.size and int(array.max()) > np.iinfo(np.int64).max:
            raise SettingError(f"{name}: {array.max()} is beyond ±2⁶³")
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    texts = [_text(entry, name, row) for row, entry in enumerate(array.tolist())]
    return texts


def _text(entry: Any, name: str, row: int) -> str | None:
    if isinstance(entry, bytes):
        return entry.decode("utf-8", "replace")
    if isinstance(entry, str) or entry is None:
        return entry
    if entry != entry:  # NaN, pandas' NaT
        return None
    raise SettingError(f"{name}: that of row {row} is {entry!r}; numbers of one kind or texts are accepted")


def _entries(value: Any, name: str) -> tuple[np.ndarray[Any, Any], str]:
    """The array behind ``value``, native and aligned; of bfloat16 the bits."""
    _refuse_devices(value, name)
    torch = sys.modules.get("torch")
    kind = ""
    if torch is not None and isinstance(value, torch.Tensor):
        array, kind = _of_torch(torch, value, name)
    else:
        array = _of_others(value, name)
        if array.dtype.name == "bfloat16":
            array, kind = array.view(np.uint16), "bfloat16"
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return np.require(array, requirements="A"), kind


def _refuse_devices(value: Any, name: str) -> None:
    """An error for an array that lies in the memory of a card."""
    device = getattr(value, "device", None)
    try:
        code = int(value.__dlpack_device__()[0]) if hasattr(value, "__dlpack_device__") else _MAIN_MEMORY[0]
    except (AttributeError, BufferError, RuntimeError, TypeError, ValueError):
        # A tensor without entries, such as those of the device "meta".
        code = 0
    if code not in _MAIN_MEMORY:
        raise SettingError(
            f"{name}: they are on the device {device}, not in this machine's main memory; bring them there first, "
            "for instance by tensor.cpu() in PyTorch or jax.device_get(array) in JAX"
        )


def _of_torch(torch: Any, tensor: Any, name: str) -> tuple[np.ndarray[Any, Any], str]:
    if tensor.layout != torch.strided or tensor.is_quantized:
        raise SettingError(f"{name}: a sparse or quantized tensor; {_WANTED}: use tensor.to_dense() or dequantize()")
    tensor = tensor.detach().resolve_conj().resolve_neg()
    if tensor.dtype == torch.bfloat16:
        return tensor.view(torch.int16).numpy().view(np.uint16), "bfloat16"
    return tensor.numpy(), ""


def _of_others(value: Any, name: str) -> np.ndarray[Any, Any]:
    if np.ma.is_masked(value):
        raise SettingError(f"{name}: some entries are masked; fill them or leave their rows out")
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "__dlpack__"):
        try:
            return np.from_dlpack(value)
        except (BufferError, RuntimeError, TypeError):
            pass  # A kind of entry that NumPy does not know by DLPack, for instance bfloat16.
    try:
        return np.asarray(value)
    except ValueError as error:
        raise SettingError(f"{name}: no array ({error}); {_WANTED}") from error
