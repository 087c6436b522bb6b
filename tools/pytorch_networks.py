# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "safetensors"]
# ///
"""The networks of runs on pictures in PyTorch, for those who go on with a checkpoint there.

    from pytorch_networks import load
    net = load("runs/…/arms/full/checkpoint.safetensors")
    features = net(pictures)                 # n × 3 × side × side with values in 0 … 1  →  n × k
    scores = net.head(features)              # projections, or class scores

    pytorch_networks.py CHECKPOINT           # says what it holds

tools/golden_networks.py computes with them what crates/image/tests/golden_networks.rs compares the Rust ones to.
"""

import json
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F


class Input(nn.Module):
    """Standardises every channel by the training pictures."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("deviation", torch.ones(3))

    def forward(self, x):
        return (x - self.mean[:, None, None]) / self.deviation[:, None, None]


class Projection(nn.Module):
    """Two layers, the first rectified (Chen et al. 2020)."""

    def __init__(self, features, width):
        super().__init__()
        self.add_module("0", nn.Linear(features, features))
        self.add_module("1", nn.Linear(features, width))

    def forward(self, h):
        return self.get_submodule("1")(F.relu(self.get_submodule("0")(h)))


class Predicting(nn.Module):
    """A projection normalised by the batch, and a predictor (Chen & He 2021)."""

    def __init__(self, features, width):
        super().__init__()
        bottleneck = max(width // 4, 1)
        for name, (a, b) in {"0": (features, features), "1": (features, width), "predictor0": (width, bottleneck)}.items():
            self.add_module(name, nn.Linear(a, b))
            self.add_module(name + "_bn", nn.BatchNorm1d(b))
        self.predictor1 = nn.Linear(bottleneck, width)

    def layer(self, name, h):
        return self.get_submodule(name + "_bn")(self.get_submodule(name)(h))

    def forward(self, h):
        return self.layer("1", F.relu(self.layer("0", h)))

    def predict(self, z):
        return self.predictor1(F.relu(self.layer("predictor0", z)))


class Classes(nn.Module):
    """One score per class."""

    def __init__(self, features, count):
        super().__init__()
        self.classes = nn.Linear(features, count)

    def forward(self, h):
        return self.classes(h)


def head(objective, features, projection, classes):
    if objective == "cross_entropy":
        return Classes(features, classes)
    if projection is None:
        return nn.Identity()
    return (Predicting if objective == "simsiam" else Projection)(features, projection)


class AlexNet(nn.Module):
    def __init__(self, side, width, kernel, features):
        super().__init__()
        self.input = Input()
        self.conv1 = nn.Conv2d(3, width, kernel, stride=2, padding=kernel // 2, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, 2 * width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(2 * width)
        self.conv3 = nn.Conv2d(2 * width, 2 * width, 3, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(2 * width)
        end = -(-side // 2) // 2 // 2
        self.fc = nn.Linear(2 * width * end * end, features)
        self.features = features

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(self.input(x))))
        x = F.max_pool2d(F.relu(self.bn2(self.conv2(x))), 2)
        x = F.max_pool2d(F.relu(self.bn3(self.conv3(x))), 2)
        return F.relu(self.fc(x.flatten(1)))


class Block(nn.Module):
    def __init__(self, a, b, stride):
        super().__init__()
        self.bn1, self.bn2 = nn.BatchNorm2d(a), nn.BatchNorm2d(b)
        self.conv1 = nn.Conv2d(a, b, 3, stride=stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(b, b, 3, padding=1, bias=False)
        self.convShortcut = None if a == b and stride == 1 else nn.Conv2d(a, b, 1, stride=stride, bias=False)

    def forward(self, x):
        h = F.relu(self.bn1(x))
        short = x if self.convShortcut is None else self.convShortcut(h)
        return self.conv2(F.relu(self.bn2(self.conv1(h)))) + short


class WideResNet(nn.Module):
    def __init__(self, depth, widening_factor):
        super().__init__()
        self.input = Input()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        k = widening_factor
        channels, blocks = [16, 16 * k, 32 * k, 64 * k], (depth - 4) // 6
        for group in (1, 2, 3):
            a, b = channels[group - 1], channels[group]
            stride = 1 if group == 1 else 2
            rest = [Block(b, b, 1) for _ in range(blocks - 1)]
            self.add_module(f"block{group}", nn.Sequential(Block(a, b, stride), *rest))
        self.bn1 = nn.BatchNorm2d(channels[3])
        self.features = channels[3]

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv1(self.input(x)))))
        return F.relu(self.bn1(x)).mean((2, 3))


class Neurons(nn.Module):
    def __init__(self, neurons, patch):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(neurons, 3, patch, patch))
        self.threshold = nn.Parameter(torch.zeros(neurons))


class Patches(nn.Module):
    """The paper's learner on whitened patches."""

    def __init__(self, neurons, patch):
        super().__init__()
        self.input = Input()
        self.whitening = nn.Conv2d(3, 3 * patch * patch, patch, stride=patch).requires_grad_(False)
        self.neurons = Neurons(neurons, patch)
        self.features = neurons

    def activations(self, x):
        """n × patches × neurons."""
        patches = self.whitening(self.input(x)).flatten(2).transpose(1, 2)
        drive = F.linear(patches, self.neurons.weight.flatten(1))
        b = self.neurons.threshold
        return F.relu(drive - b) - F.relu(-drive - b)

    def forward(self, x):
        return self.activations(x).abs().mean(1)


def build(network, objective, side, classes):
    """The module of settings as a checkpoint names them."""
    settings = dict(network)
    kind, projection = settings.pop("kind"), settings.pop("projection", None)
    if kind == "alexnet":
        net = AlexNet(side, **settings)
    else:
        net = {"wide_resnet": WideResNet, "patches": Patches}[kind](**settings)
    net.head = head(objective["kind"], net.features, projection, classes)
    return net


def load(path):
    """The network of a checkpoint, ready to look at pictures."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["featurescope"])
        state = {name: file.get_tensor(name) for name in file.keys() if not name.startswith("descent.")}
    net = build(about["network"], about["objective"], about["side"], len(about["classes"]))
    missing, unexpected = net.load_state_dict(state, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        sys.exit(f"{path} does not fit: missing {missing}, unexpected {unexpected}")
    return net.eval()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    net = load(sys.argv[1])
    for name, value in net.state_dict().items():
        print(f"{name:32} {tuple(value.shape)}")
