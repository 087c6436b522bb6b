# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "safetensors"]
# ///
"""Whole networks, forward and backward, as PyTorch computes them in double precision, for
crates/image/tests/golden/networks.json.

Run with PyTorch 2.x:  python tools/golden_networks.py > crates/image/tests/golden/networks.json

Parameters and pictures come from a formula, so that only results are stored: of gradients and running statistics one
number per array, Σ v_i cos(i), and the norm. "mixed" is the same pass with every factor of the products of convolutions
and linear layers rounded to bfloat16, forward and backward.
"""

import json
import math

import torch
import torch.nn.functional as F
from pytorch_networks import build

SIDE, CLASSES, COUNT = 16, 5, 6
NT_XENT = {"kind": "nt_xent"}
CASES = [
    ({"kind": "alexnet", "width": 4, "kernel": 5, "features": 12, "projection": 6}, NT_XENT),
    ({"kind": "alexnet", "width": 5, "kernel": 3, "features": 7, "projection": 6}, {"kind": "cross_entropy"}),
    ({"kind": "alexnet", "width": 3, "kernel": 3, "features": 9, "projection": 8}, {"kind": "simsiam"}),
    ({"kind": "wide_resnet", "depth": 16, "widening_factor": 1, "projection": 6}, NT_XENT),
    ({"kind": "patches", "neurons": 10, "patch": 4}, NT_XENT),
]


def noise(count, phase):
    """Numbers in −1 … 1 without a pattern that a network could see."""
    i = torch.arange(1, count + 1, dtype=torch.float64)
    wave = 43758.5453 * torch.sin(12.9898 * i + 78.233 * phase)
    return (2 * (wave - wave.floor()) - 1).float().double()


def value(name, shape, index):
    """What array number `index` holds."""
    count = math.prod(shape)
    entries = noise(count, index + 1).reshape(shape)
    if name.endswith(("running_var", "deviation")):
        return 1 + 0.5 * entries
    if len(shape) == 1:
        return (1 + 0.2 * entries) if is_scale(name) else 0.1 * entries
    return entries * (6 / math.prod(shape[1:])) ** 0.5


def is_scale(name):
    """The scale of a normalisation."""
    layer = name.removesuffix(".weight").split(".")[-1]
    return name.endswith(".weight") and (layer.startswith("bn") or layer.endswith("_bn"))


def digest(tensor):
    flat = tensor.detach().flatten()
    both = [flat @ torch.cos(torch.arange(len(flat), dtype=torch.float64)), flat.norm()]
    return [float(f"{float(v):.9g}") for v in both]


def numbers(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]


def rounded(tensor):
    return tensor.to(torch.bfloat16).double()


class MixedConvolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, stride, padding):
        x, weight = rounded(x), rounded(weight)
        ctx.save_for_backward(x, weight)
        ctx.options = {"stride": stride, "padding": padding}
        return CONV2D(x, weight, None, **ctx.options)

    @staticmethod
    def backward(ctx, dy):
        x, weight = ctx.saved_tensors
        dy = rounded(dy)
        dx = torch.nn.grad.conv2d_input(x.shape, weight, dy, **ctx.options)
        return dx, torch.nn.grad.conv2d_weight(x, weight.shape, dy, **ctx.options), None, None


class MixedProduct(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight):
        x, weight = rounded(x), rounded(weight)
        ctx.save_for_backward(x, weight)
        return x @ weight.T

    @staticmethod
    def backward(ctx, dy):
        x, weight = ctx.saved_tensors
        dy = rounded(dy)
        return dy @ weight, dy.flatten(0, -2).T @ x.flatten(0, -2)


CONV2D, LINEAR = F.conv2d, F.linear


def mixed_conv2d(x, weight, bias, stride, padding, *_):
    # Whitening, which has a bias, is no layer that learns.
    return MixedConvolution.apply(x, weight, stride, padding) if bias is None else CONV2D(x, weight, bias, stride, padding)


def mixed_linear(x, weight, bias=None):
    y = MixedProduct.apply(x, weight)
    return y if bias is None else y + bias


def case(network, objective):
    results = {"network": network, "objective": objective, "single": run(network, objective)}
    # Roundings part ways after a few layers, so a deep network proves nothing: see the test.
    if network["kind"] != "wide_resnet":
        F.conv2d, F.linear = mixed_conv2d, mixed_linear
        results["mixed"] = run(network, objective)
        # Looking is in single precision always.
        del results["mixed"]["features"]
        F.conv2d, F.linear = CONV2D, LINEAR
    return results


def run(network, objective):
    net = build(network, objective, SIDE, CLASSES).double()
    state = {name: v for name, v in net.state_dict().items() if not name.endswith("num_batches_tracked")}
    with torch.no_grad():
        for index, (name, tensor) in enumerate(state.items()):
            tensor.copy_(value(name, tensor.shape, index))
    pictures = (0.5 + 0.5 * noise(COUNT * 3 * SIDE * SIDE, 0)).reshape(COUNT, 3, SIDE, SIDE)
    features = net.eval()(pictures)
    net.train()
    if network["kind"] == "patches":
        output = net.activations(pictures).flatten(0, 1)
    else:
        output = net.head(net(pictures))
        if objective["kind"] == "simsiam":
            output = net.head.predict(output)
    coefficients = noise(output.numel(), 0.5).reshape(output.shape)
    (output * coefficients).sum().backward()
    arrays = []
    for name, tensor in state.items():
        parameter = dict(net.named_parameters()).get(name)
        gradient = None if parameter is None or parameter.grad is None else digest(parameter.grad)
        arrays.append({"name": name, "shape": list(tensor.shape), "gradient": gradient, "after": digest(tensor)})
    return {"arrays": arrays, "features": numbers(features), "output": digest(output)}


print(json.dumps(
    {"side": SIDE, "classes": CLASSES, "count": COUNT, "cases": [case(*c) for c in CASES]}, separators=(",", ":")
))
