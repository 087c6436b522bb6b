# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0"]
# ///
"""Training throughput of the small AlexNet-style network of `images-synthetic` in PyTorch, for comparison.

The same layers, batch, loss (NT-Xent of two views, embedded together) and descent; views are random tensors that are
drawn beforehand, so the network alone is timed. The example `throughput` of crates/image times the same steps.

    torch_images.py THREADS [WIDTH] [BATCH] [STEPS] [mixed]

`mixed` runs the network under autocast to bfloat16. Answers with pictures per second (a picture counts once, though it
has two views): the median over rounds.
"""

import statistics
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

mixed = sys.argv[-1] == "mixed"
sizes = sys.argv[1 : -1 if mixed else None]
threads, width, batch, steps = (int(v) for v in (sizes + ["24", "100", "5"][len(sizes) - 1 :]))
torch.set_num_threads(threads)
torch.manual_seed(0)
ROUNDS, FEATURES, PROJECTION, TEMPERATURE = 5, 128, 32, 0.2


class AlexNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(2 * width)
        self.conv3 = nn.Conv2d(2 * width, 2 * width, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(2 * width)
        self.fc = nn.Linear(2 * width * 16, FEATURES)
        self.head = nn.Sequential(nn.Linear(FEATURES, FEATURES), nn.ReLU(), nn.Linear(FEATURES, PROJECTION))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.max_pool2d(F.relu(self.bn3(self.conv3(x))), 2)
        return self.head(F.relu(self.fc(x.flatten(1))))


def nt_xent(z):
    z = F.normalize(z, dim=1)
    n = len(z) // 2
    logits = (z @ z.T / TEMPERATURE).fill_diagonal_(float("-inf"))
    return F.cross_entropy(logits, torch.cat([torch.arange(n) + n, torch.arange(n)]))


net = AlexNet()
descent = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
views = torch.rand(2 * batch, 3, 32, 32)


def step():
    descent.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
        z = net(views)
    nt_xent(z.float()).backward()
    descent.step()


step()
rates = []
for _ in range(ROUNDS):
    start = time.perf_counter()
    for _ in range(steps):
        step()
    rates.append(batch * steps / (time.perf_counter() - start))
print(f"{statistics.median(rates):.1f} pictures/s, rounds {' '.join(f'{r:.0f}' for r in rates)}")
