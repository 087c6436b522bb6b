# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "numpy==2.4.6"]
# ///
"""The first steps of four tiny runs in PyTorch: an independent implementation of the whole pipeline.

Everything is written again from the documented formulas, random numbers included (Philox4x32-10, Box-Muller, the layouts
of words, codes, masks and dictionary). Gradients come from autograd, StopGrad is `.detach()`, all in double precision.

Run with `uv run tools/golden_pytorch.py`, or with any Python that has the two packages above. It rewrites
crates/sim/tests/golden/first_losses.json, which the test `golden` of crates/sim reads.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

torch.set_default_dtype(torch.float64)

OUTPUT = Path(__file__).resolve().parent.parent / "crates/sim/tests/golden/first_losses.json"

SETTINGS = {
    "seed": 20210715,
    "latent_dim": 6,
    "ambient_dim": 64,
    "activity": 0.3,
    "noise_variance": 0.1,
    "width": 10,
    "anchors": 12,
    "negatives": 7,
    "temperature": 0.5,
    "initial_norm": 0.5,
    "learning_rate": 1.0,
    "weight_decay": 0.005,
    "first_energy_ratio": 1.3,
    "bias_reset": 0.5,
    "bias_growth": 0.2,
    "bias_cap": 0.6,
    "bias_learning_rate": 0.1,
    "steps": 10,
}

# Purposes and parts of the random streams.
DICTIONARY, INITIALISATION, POSITIVES, NEGATIVES, MASKS = 1, 3, 4, 5, 6
DENSE, LATENT, MASK = 0, 1, 2


def philox(counter, key):
    """Philox4x32-10 on arrays of counters, four words each."""
    low = np.uint64(0xFFFFFFFF)
    c = [np.asarray(word, dtype=np.uint64) for word in counter]
    k = [np.uint64(key[0]), np.uint64(key[1])]
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        shift = np.uint64(32)
        c = [(p1 >> shift) ^ c[1] ^ k[0], p1 & low, (p0 >> shift) ^ c[3] ^ k[1], p0 & low]
        k = [(k[0] + np.uint64(0x9E3779B9)) & low, (k[1] + np.uint64(0xBB67AE85)) & low]
    return c


def blocks(purpose, step, part, row, count):
    """Words of blocks 0..count of a row, count x 4."""
    seed = SETTINGS["seed"]
    full = lambda word: np.full(count, word, dtype=np.uint64)
    counter = [np.arange(count, dtype=np.uint64), full(row), full(purpose << 8 | part), full(seed >> 32)]
    return np.stack(philox(counter, [seed & 0xFFFFFFFF, step]), axis=1)


def in_order(purpose, step, part, row, count):
    """Words as a reader takes them: block after block."""
    return blocks(purpose, step, part, row, -(-count // 4)).reshape(-1)[:count]


def in_groups(values):
    """16 blocks x 4 values a group; value 64 g + 16 k + l is number k of block 16 g + l."""
    return values.reshape(-1, 16, 4).transpose(0, 2, 1).reshape(-1)


def words_of_row(purpose, step, part, row, count):
    return in_groups(blocks(purpose, step, part, row, 16 * -(-count // 64)))[:count]


def normals(purpose, step, row, count):
    words = blocks(purpose, step, DENSE, row, 16 * -(-count // 64)).astype(np.float64)
    numbers = np.empty_like(words)
    for pair in (0, 2):
        radius = np.sqrt(-2 * np.log((words[:, pair] + 0.5) / 2**32))
        angle = 2 * math.pi * words[:, pair + 1] / 2**32
        numbers[:, pair], numbers[:, pair + 1] = radius * np.cos(angle), radius * np.sin(angle)
    return in_groups(numbers)[:count]


def dictionary(d, d1):
    """Randomised Hadamard: chosen columns, random signs of the rows; d1 x d."""
    signs = np.where(in_order(DICTIONARY, 1, DENSE, 0, d1) & np.uint64(1) == 0, 1.0, -1.0)
    columns = list(range(d1))
    for i, word in enumerate(in_order(DICTIONARY, 1, LATENT, 0, d)):
        j = i + (int(word) * (d1 - i) >> 32)
        columns[i], columns[j] = columns[j], columns[i]
    parity = lambda r, c: -1.0 if bin(r & c).count("1") % 2 else 1.0
    return np.array([[signs[r] * parity(r, columns[j]) for j in range(d)] for r in range(d1)]) / math.sqrt(d1)


def samples(purpose, step, count, atoms):
    """x = M z + xi, count x d1."""
    d1, d = atoms.shape
    half = round(SETTINGS["activity"] * 2**31)
    rows = []
    for row in range(count):
        words = in_order(purpose, step, LATENT, row, d).astype(np.int64)
        z = np.where(words < half, 1.0, np.where(words < 2 * half, -1.0, 0.0))
        rows.append(atoms @ z + math.sqrt(SETTINGS["noise_variance"]) * normals(purpose, step, row, d1))
    return torch.tensor(np.array(rows))


def random_mask(step, x):
    """x+ = 2 D x, x++ = 2 (I - D) x; coordinate r is decided by bit r mod 32 of word r / 32."""
    d1 = x.shape[1]
    keep = np.empty(tuple(x.shape))
    for row in range(len(x)):
        words = words_of_row(MASKS, step, MASK, row, -(-d1 // 32)).astype(np.int64)
        keep[row] = [words[r // 32] >> (r % 32) & 1 for r in range(d1)]
    keep = torch.tensor(keep)
    return 2 * keep * x, 2 * (1 - keep) * x


def embed(x, weights, bias):
    pre = x @ weights.T
    return torch.relu(pre - bias) - torch.relu(-pre - bias)


def info_nce(anchor, positive, negatives, stop_grad):
    if stop_grad:
        positive, negatives = positive.detach(), negatives.detach()
    logits = torch.cat([(anchor * positive).sum(1, keepdim=True), anchor @ negatives.T], dim=1)
    tau = SETTINGS["temperature"]
    return -tau * torch.log_softmax(logits / tau, dim=1)[:, 0].mean()


def staged_bias(bias, old_norms, norms, now, after):
    """The paper's schedule: reset at the end of stage I, then the faster of growth and norm tracking, below the cap."""
    s, d = SETTINGS, SETTINGS["latent_dim"]
    if now:
        return min(s["bias_reset"] * math.sqrt(2 * math.log(d) / d), s["bias_cap"]) * norms
    if after:
        growth = torch.tensor(1 + s["bias_growth"] * s["learning_rate"] / d)
        return torch.minimum(bias * torch.maximum(growth, norms / old_norms), s["bias_cap"] * norms)
    return bias


def run(mask, bias_rule, stop_grad):
    s = SETTINGS
    atoms = dictionary(s["latent_dim"], s["ambient_dim"])
    sigma = s["initial_norm"] / math.sqrt(s["ambient_dim"])
    start = [sigma * normals(INITIALISATION, 0, i, s["ambient_dim"]) for i in range(s["width"])]
    weights, bias = torch.tensor(np.array(start)), torch.zeros(s["width"])
    initial_norms = norms = weights.norm(dim=1)
    first_stage_end, losses = None, []
    for step in range(s["steps"]):
        x = samples(POSITIVES, step, s["anchors"], atoms)
        negatives = samples(NEGATIVES, step, s["negatives"], atoms)
        anchor, positive = random_mask(step, x) if mask else (x, x)
        weights.requires_grad_(True), bias.requires_grad_(True)
        branches = [embed(views, weights, bias) for views in (anchor, positive, negatives)]
        loss = info_nce(*branches, stop_grad)
        d_weights, d_bias = torch.autograd.grad(loss, (weights, bias))
        losses.append(loss.item())
        weights, bias = weights.detach(), bias.detach()
        weights = (1 - s["learning_rate"] * s["weight_decay"]) * weights - s["learning_rate"] * d_weights
        old_norms, norms = norms, weights.norm(dim=1)
        now = first_stage_end is None and bool((norms**2 >= s["first_energy_ratio"] * initial_norms**2).all())
        if now:
            first_stage_end = step + 1
        if bias_rule == "staged":
            bias = staged_bias(bias, old_norms, norms, now, first_stage_end is not None)
        if bias_rule == "trained":
            bias = bias - s["bias_learning_rate"] * d_bias
    return {
        "mask": mask,
        "bias": bias_rule,
        "stop_grad": stop_grad,
        "losses": losses,
        "first_stage_end": first_stage_end,
        "final_weight_norms": norms.tolist(),
        "final_biases": bias.tolist(),
    }


def main():
    arms = {
        "random_mask": run(mask=True, bias_rule="staged", stop_grad=True),
        "none": run(mask=False, bias_rule="zero", stop_grad=True),
        "trained_bias": run(mask=True, bias_rule="trained", stop_grad=True),
        "no_stop_grad": run(mask=True, bias_rule="trained", stop_grad=False),
    }
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps({"settings": SETTINGS, "arms": arms}, indent=2) + "\n")
    for name, arm in arms.items():
        print(name, [round(loss, 4) for loss in arm["losses"]], "T1 =", arm["first_stage_end"])


if __name__ == "__main__":
    main()
