#!/usr/bin/env python3
"""Losses, gradients and descent steps as PyTorch computes them, for crates/image/tests/golden/losses.json.

Run with PyTorch 2.x:  python tools/golden_losses.py > crates/image/tests/golden/losses.json
"""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)
N, K, CLASSES = 6, 5, 4


def nt_xent(a, b, tau, cosine):
    z = torch.cat([a, b])
    z = F.normalize(z, dim=1) if cosine else z
    logits = z @ z.T / tau
    logits = logits.masked_fill(torch.eye(len(z), dtype=torch.bool), float("-inf"))
    targets = torch.cat([torch.arange(len(a)) + len(a), torch.arange(len(a))])
    return F.cross_entropy(logits, targets)


def info_nce(a, b, tau, cosine, stop):
    b = b.detach() if stop else b
    if cosine:
        a, b = F.normalize(a, dim=1), F.normalize(b, dim=1)
    return F.cross_entropy(a @ b.T / tau, torch.arange(len(a)))


def simsiam(p, q, a, b):
    cosine = lambda x, y: F.cosine_similarity(x, y.detach(), dim=1).mean()
    return -0.5 * (cosine(p, b) + cosine(q, a))


def numbers(tensor):
    return [float(f"{v:.9g}") for v in tensor.detach().flatten().tolist()]


def case(name, loss, inputs, **about):
    for x in inputs:
        x.grad = None
    value = loss()
    value.backward()
    zeros = lambda x: torch.zeros_like(x) if x.grad is None else x.grad
    return {"name": name, **about, "loss": float(value), "gradients": [numbers(zeros(x)) for x in inputs]}


a, b, p, q = (torch.randn(N, K).float().double().requires_grad_() for _ in range(4))
scores = torch.randn(N, CLASSES).float().double().requires_grad_()
labels = torch.tensor([0, 3, 1, 1, 2, 0])
cases = []
for tau in (0.2, 1.0):
    for cosine in (True, False):
        about = {"temperature": tau, "cosine": cosine}
        cases.append(case("nt_xent", lambda: nt_xent(a, b, tau, cosine), [a, b], **about))
        for stop in (False, True):
            cases.append(case("info_nce", lambda: info_nce(a, b, tau, cosine, stop), [a, b], stop=stop, **about))
cases.append(case("simsiam", lambda: simsiam(p, q, a, b), [p, q, a, b]))
cases.append(case("cross_entropy", lambda: F.cross_entropy(scores, labels), [scores]))

# Three steps of SGD with momentum and weight decay on a fixed sequence of gradients.
w = torch.randn(4).float().double().requires_grad_()
start, gradients = numbers(w), []
optimiser = torch.optim.SGD([w], lr=0.1, momentum=0.9, weight_decay=0.01)
for _ in range(3):
    g = torch.randn(4).float().double()
    gradients.append(numbers(g))
    w.grad = g.clone()
    optimiser.step()

# A convolution, batch normalisation, rectification and pooling, forward and backward.
x = torch.randn(2, 3, 6, 6).float().double().requires_grad_()
weight = (0.3 * torch.randn(4, 3, 3, 3)).float().double().requires_grad_()
norm = torch.nn.BatchNorm2d(4)
target = torch.randn(2, 4, 3, 3).float().double()
out = F.max_pool2d(F.relu(norm(F.conv2d(x, weight, stride=1, padding=1))), 2)
loss = (out * target).sum()
loss.backward()
layer = {
    "x": numbers(x), "weight": numbers(weight), "target": numbers(target), "loss": float(loss),
    "weight_gradient": numbers(weight.grad), "running_mean": numbers(norm.running_mean),
    "running_var": numbers(norm.running_var),
}
print(json.dumps({
    "rows": N, "columns": K, "classes": CLASSES, "labels": labels.tolist(),
    "a": numbers(a), "b": numbers(b), "p": numbers(p), "q": numbers(q), "scores": numbers(scores), "cases": cases,
    "descent": {"start": start, "gradients": gradients, "end": numbers(w)}, "layer": layer,
}, indent=None, separators=(",", ":")))
