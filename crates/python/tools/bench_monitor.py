"""What ``fs.Monitor`` takes of the training of a ResNet-18 on pictures of 32 × 32.

    python crates/python/tools/bench_monitor.py [--rounds 4] [--batch 128] [--probe 512] [--device cpu]

Every round takes one step of the training and one reading, and measures the processor time of each. So the share that
readings take at the default cadence follows from a few steps, on a busy machine as well. On a graphics card the
processor waits while the card works, and the wall time counts instead.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch
from torch import nn

import featurescope as fs


class Block(nn.Module):
    """Two convolutions and a way around them (He et al. 2016)."""

    def __init__(self, inside: int, outside: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inside, outside, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(),
            nn.Conv2d(outside, outside, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outside),
        )
        is_same = stride == 1 and inside == outside
        around = nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))
        self.around = nn.Identity() if is_same else around

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.body(x) + self.around(x))


def resnet18() -> nn.Module:
    """ResNet-18 for small pictures: a 3 × 3 stem without pooling."""
    layers: dict[str, nn.Module] = {
        "stem": nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
    }
    for i, (inside, outside) in enumerate([(64, 64), (64, 128), (128, 256), (256, 512)], 1):
        layers[f"layer{i}"] = nn.Sequential(Block(inside, outside, 1 if i == 1 else 2), Block(outside, outside, 1))
    network = nn.Sequential()
    for name, layer in layers.items():
        network.add_module(name, layer)
    network.add_module("pool", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()))
    network.add_module("fc", nn.Linear(512, 128))
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in [("rounds", 4), ("batch", 128), ("probe", 512), ("every", 100)]:
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    clock = time.process_time if arguments.device == "cpu" else time.perf_counter
    torch.manual_seed(0)
    model = resnet18().to(arguments.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    probe = torch.randn(arguments.probe, 3, 32, 32)
    monitor = fs.Monitor(
        model,
        ["layer1", "layer2", "layer3", "layer4", "fc"],
        probe,
        views=probe + 0.1 * torch.randn_like(probe),
        labels=torch.arange(arguments.probe) % 10,
        every=10**9,
        out=False,
    )
    steps, readings = [], []
    for _ in range(arguments.rounds + 1):
        begun = clock()
        a, b = (torch.randn(arguments.batch, 3, 32, 32, device=arguments.device) for _ in range(2))
        u, v = (nn.functional.normalize(model(x)) for x in (a, b))
        loss = nn.functional.cross_entropy(u @ v.T / 0.5, torch.arange(len(a), device=arguments.device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        loss.item()
        stepped = clock()
        monitor.step()
        monitor.read()
        steps.append(stepped - begun)
        readings.append(clock() - stepped)
        print(f"step {steps[-1]:.2f} s, reading {readings[-1]:.2f} s", flush=True)
    # The first round allocates.
    shares = [r / (arguments.every * s + r) for s, r in zip(steps[1:], readings[1:])]
    print(
        f"a reading every {arguments.every} steps takes {100 * statistics.median(shares):.2f} % of the training "
        f"({100 * min(shares):.2f} to {100 * max(shares):.2f} % in {len(shares)} rounds)"
    )


if __name__ == "__main__":
    main()
