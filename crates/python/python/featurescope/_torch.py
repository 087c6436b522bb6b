"""What layers of a PyTorch module answer to a batch, without a trace in the module or in the training."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from ._errors import SettingError


def plain(model: Any) -> Any:
    """The module behind wrappers of parallel training and of ``torch.compile``, where hooks fire."""
    import torch

    model = getattr(model, "_orig_mod", model)
    if isinstance(model, (torch.nn.DataParallel, torch.nn.parallel.DistributedDataParallel)):
        return model.module
    if not isinstance(model, torch.nn.Module):
        raise SettingError(f"model: {type(model).__name__} is no torch.nn.Module")
    return model


def check_layers(model: Any, layers: Sequence[str]) -> None:
    """An error unless the module has submodules of these names."""
    names = [name for name, _ in model.named_modules() if name]
    for layer in layers:
        if layer not in names:
            known = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
            raise SettingError(f"layers: {layer!r} is not among the model's named_modules(): {known}")


def length(batch: Any) -> int:
    """Samples of a batch: the extent of its first tensor."""
    for tensor in _tensors(batch):
        return int(tensor.shape[0])
    raise SettingError("batch: a tensor, or a tuple or dict of the model's arguments with one, is accepted")


def _tensors(batch: Any) -> Iterator[Any]:
    import torch

    if isinstance(batch, torch.Tensor):
        yield batch
    elif isinstance(batch, Mapping):
        for value in batch.values():
            yield from _tensors(value)
    elif isinstance(batch, (tuple, list)):
        for value in batch:
            yield from _tensors(value)


def _moved(batch: Any, device: Any) -> Any:
    import torch

    if isinstance(batch, torch.Tensor):
        return batch.to(device)
    if isinstance(batch, Mapping):
        return {name: _moved(value, device) for name, value in batch.items()}
    if isinstance(batch, (tuple, list)):
        return tuple(_moved(value, device) for value in batch)
    return batch


@contextmanager
def untouched(model: Any) -> Iterator[None]:
    """A stretch of evaluation after which everything is as it was before.

    Restored are every submodule's mode, buffers (running statistics), and the states of all generators of random
    numbers: of PyTorch on every device, of NumPy and of Python. No graph is built. Autocast is off: the casts that it
    keeps would have no gradient for the training around us.
    """
    import torch

    modes = [(module, module.training) for module in model.modules()]
    buffers = [(buffer, buffer.detach().clone()) for buffer in model.buffers()]
    generators = (torch.get_rng_state(), np.random.get_state(), random.getstate())
    cards = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    try:
        with ExitStack() as stack:
            stack.enter_context(torch.no_grad())
            for device in ["cpu", *(["cuda"] if cards else [])]:
                stack.enter_context(torch.autocast(device, enabled=False))
            for module, _ in modes:
                # Not module.eval(): a module may do more than this in a method of its own.
                module.training = False
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for buffer, before in buffers:
                if not torch.equal(buffer, before):
                    buffer.copy_(before)
        torch.set_rng_state(generators[0])
        if cards:
            torch.cuda.set_rng_state_all(cards)
        np.random.set_state(generators[1])
        random.setstate(generators[2])


def features(
    model: Any, layers: Sequence[str], batch: Any, reduce: Callable[[Any], Any] | None
) -> list[np.ndarray[Any, Any]]:
    """What these layers answer to the batch, a row for each sample. To be called where the module is untouched."""
    modules = dict(model.named_modules())
    answers: dict[str, Any] = {}

    def hook(name: str) -> Callable[[Any, Any, Any], None]:
        def keep(module: Any, inputs: Any, output: Any) -> None:
            answers[name] = _rows(output, name, reduce)

        return keep

    parameter = next(model.parameters(), None)
    batch = batch if parameter is None else _moved(batch, parameter.device)
    handles = [modules[name].register_forward_hook(hook(name)) for name in layers]
    try:
        if isinstance(batch, Mapping):
            model(**batch)
        elif isinstance(batch, tuple):
            model(*batch)
        else:
            model(batch)
    finally:
        for handle in handles:
            handle.remove()
    for name in layers:
        if name not in answers:
            raise SettingError(f"layers: {name!r} was not called when the model read the batch")
    return [answers[name] for name in layers]


def _rows(output: Any, name: str, reduce: Callable[[Any], Any] | None) -> np.ndarray[Any, Any]:
    """The output of a layer as samples × neurons: pixels and tokens are averaged. A copy, in main memory."""
    import torch

    value = reduce(output) if reduce else _first(output)
    if not isinstance(value, torch.Tensor) or value.ndim < 2:
        what = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, torch.Tensor) else type(value).__name__
        raise SettingError(
            f"layers: {name!r} gives {what}, a tensor of samples × neurons (× pixels) is needed; reduce= makes one of it"
        )
    if value.ndim == 3:
        value = value.mean(dim=1)
    elif value.ndim > 3:
        value = value.flatten(2).mean(dim=2)
    if value.dtype != torch.float64:
        value = value.float()
    # A copy always: a layer behind this one may work in place.
    rows: np.ndarray[Any, Any] = value.detach().to("cpu", copy=True).numpy()
    return rows


def _first(output: Any) -> Any:
    if isinstance(output, Mapping):
        output = list(output.values())
    if isinstance(output, (tuple, list)) and output:
        return _first(output[0])
    return output
