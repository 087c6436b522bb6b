# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "numpy==2.4.6"]
# ///
"""One contrastive training step as a careful PyTorch user writes it, as a contender for tools/compare.py.

No autograd: the gradient is written by hand. Buffers are allocated once and filled in place; M z adds the active atoms
instead of multiplying by M; masks are bits of random integers; the update is one in-place `addmm_`. `compile` runs the
element-wise parts through torch.compile and leaves the products to the library.

    torch_step.py SIZE early|late eager|compile THREADS

then one line per round on standard input: the number of steps. Answers with seconds by the clock and on the processor.
"""

import math
import sys
import time

import torch

SIZES = {  # d, d1, m, P, N
    "A": (64, 1024, 256, 512, 512),
    "B": (128, 2048, 512, 512, 128),
    "C": (512, 4096, 512, 512, 512),
    "D": (256, 65536, 256, 256, 256),
}
LATE_OPEN_FRACTION = 0.04
LEARNING_RATE, DECAY = 1e-3, 1e-4


def soft_threshold(a, b):
    return torch.relu(a - b) - torch.relu(-a - b)


def split(x, bits, anchor, positive):
    """x⁺ = 2 D x and x⁺⁺ = 2 (I − D) x from one random bit per coordinate."""
    mask = (bits.unsqueeze(-1) >> torch.arange(8, dtype=torch.uint8)).bitwise_and(1).flatten(1).bool()
    doubled = x * 2
    anchor.copy_(torch.where(mask, doubled, 0.0))
    positive.copy_(torch.where(mask, 0.0, doubled))


def pull(logits, positive_logit, anchors):
    """Softmax over {positive} ∪ negatives: loss, and the weights of both in the gradient."""
    top = torch.maximum(logits.amax(1), positive_logit)
    weights = torch.exp(logits - top.unsqueeze(1))
    own = torch.exp(positive_logit - top)
    total = weights.sum(1) + own
    loss = (torch.log(total) - (positive_logit - top)).mean()
    return loss, (1 - own / total) / anchors, weights / (total.unsqueeze(1) * anchors)


def gate(grad, pre, b):
    return grad * ((pre > b).to(grad.dtype) + (-pre > b).to(grad.dtype))


class Step:
    def __init__(self, size, compiled):
        d, d1, m, p, n = SIZES[size]
        self.d, self.anchors = d, p
        self.activity = math.log(math.log(d)) / d
        self.sigma = (math.sqrt(math.log(d)) / d) ** 0.5
        # Any dictionary costs the same; this one has orthonormal columns in expectation.
        self.atoms = torch.randn(d, d1) / math.sqrt(d1)
        self.w = torch.randn(m, d1) * (0.05 / math.sqrt(d1))
        self.b = torch.zeros(m)
        self.x, self.xs = torch.empty(p, d1), torch.empty(n, d1)
        self.anchor, self.positive = torch.empty(p, d1), torch.empty(p, d1)
        self.bits = torch.empty(p, d1 // 8, dtype=torch.uint8)
        self.pre, self.pre_q, self.pre_n = torch.empty(p, m), torch.empty(p, m), torch.empty(n, m)
        self.logits, self.grad = torch.empty(p, n), torch.empty(p, m)
        wrap = torch.compile if compiled else (lambda f: f)
        self.soft_threshold, self.split, self.pull, self.gate = map(wrap, (soft_threshold, split, pull, gate))

    def samples(self, x):
        x.normal_(0, self.sigma)
        u = torch.rand(x.shape[0], self.d)
        rows, atoms = (u < self.activity).nonzero(as_tuple=True)
        signs = torch.where(u[rows, atoms] < self.activity / 2, 1.0, -1.0)
        x.index_add_(0, rows, signs.unsqueeze(1) * self.atoms[atoms])

    def step(self):
        self.samples(self.x)
        self.samples(self.xs)
        self.bits.random_(0, 256)
        self.split(self.x, self.bits, self.anchor, self.positive)
        torch.mm(self.anchor, self.w.t(), out=self.pre)
        torch.mm(self.positive, self.w.t(), out=self.pre_q)
        torch.mm(self.xs, self.w.t(), out=self.pre_n)
        h = self.soft_threshold(self.pre, self.b)
        hq = self.soft_threshold(self.pre_q, self.b)
        hn = self.soft_threshold(self.pre_n, self.b)
        torch.mm(h, hn.t(), out=self.logits)
        loss, weight, weights = self.pull(self.logits, (h * hq).sum(1), self.anchors)
        torch.mm(weights, hn, out=self.grad)
        self.grad.addcmul_(weight.unsqueeze(1), hq, value=-1)
        d_pre = self.gate(self.grad, self.pre, self.b)
        self.w.addmm_(d_pre.t(), self.anchor, beta=1 - LEARNING_RATE * DECAY, alpha=-LEARNING_RATE)
        return loss

    def close_gates(self):
        self.step()
        self.b = torch.quantile(self.pre.abs(), 1 - LATE_OPEN_FRACTION, dim=0)


@torch.no_grad()
def main():
    size, stage, mode, threads = sys.argv[1:5]
    torch.set_num_threads(int(threads))
    torch.manual_seed(1)
    state = Step(size, mode == "compile")
    if stage == "late":
        state.close_gates()
    for _ in range(3):
        state.step()
    print("ready", flush=True)
    for line in sys.stdin:
        wall, busy = time.perf_counter(), time.process_time()
        for _ in range(int(line)):
            loss = state.step()
        print(time.perf_counter() - wall, time.process_time() - busy, flush=True)
    open_fraction = (state.pre.abs() > state.b).float().mean().item()
    print(f"loss {loss.item():.4f}, open {open_fraction:.3f}", file=sys.stderr)


main()
