# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "torchvision==0.29.2", "numpy==2.4.6"]
# ///
"""What torchvision makes of a small picture: every step of a view that has no chance in it, with fixed parameters.

The picture is a formula, so that both sides make it themselves: 11 pixels wide, 9 high, byte c of pixel (x, y) is
(x * 37 + y * 91 + c * 53 + x * y * (c + 2)) mod 256, with a patch of equal channels and a black and a white pixel, where hue is
undefined. Results are float tensors, channel first.

Run with `uv run tools/golden_views.py`, or with any Python that has the packages above. It rewrites
crates/image/tests/golden/views.json, which the tests of crates/image/src/views read.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torchvision.transforms.functional as F
from torchvision.transforms import InterpolationMode

OUTPUT = Path(__file__).resolve().parent.parent / "crates/image/tests/golden/views.json"
WIDTH, HEIGHT = 11, 9


def picture() -> torch.Tensor:
    y, x, c = np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), np.arange(3), indexing="ij")
    values = (x * 37 + y * 91 + c * 53 + x * y * (c + 2)) % 256
    values[2:4, 5:8, :] = values[2:4, 5:8, :1]
    values[0, 0] = 0
    values[8, 10] = 255
    return torch.from_numpy(values.astype(np.uint8)).permute(2, 0, 1).float() / 255


def crop(top: int, left: int, height: int, width: int):
    def apply(x):
        return F.resized_crop(
            x, top, left, height, width, [HEIGHT, WIDTH], InterpolationMode.BILINEAR, antialias=False
        )

    return apply


CASES = {
    "crop 0 0 9 11": crop(0, 0, 9, 11),
    "crop 2 3 5 4": crop(2, 3, 5, 4),
    "crop 1 6 8 5": crop(1, 6, 8, 5),
    "crop 8 10 1 1": crop(8, 10, 1, 1),
    "flip": F.hflip,
    "grey": lambda x: F.rgb_to_grayscale(x, num_output_channels=3),
    "brightness 0.3": lambda x: F.adjust_brightness(x, 0.3),
    "brightness 1.7": lambda x: F.adjust_brightness(x, 1.7),
    "contrast 0.25": lambda x: F.adjust_contrast(x, 0.25),
    "contrast 1.8": lambda x: F.adjust_contrast(x, 1.8),
    "saturation 0": lambda x: F.adjust_saturation(x, 0.0),
    "saturation 0.4": lambda x: F.adjust_saturation(x, 0.4),
    "saturation 1.8": lambda x: F.adjust_saturation(x, 1.8),
    "hue 0.13": lambda x: F.adjust_hue(x, 0.13),
    "hue -0.2": lambda x: F.adjust_hue(x, -0.2),
    "hue 0.5": lambda x: F.adjust_hue(x, 0.5),
    "blur 3 0.6": lambda x: F.gaussian_blur(x, [3, 3], [0.6, 0.6]),
    "blur 7 1.9": lambda x: F.gaussian_blur(x, [7, 7], [1.9, 1.9]),
}


def main() -> None:
    torch.set_num_threads(1)
    whole = picture()
    cases = {
        name: [round(float(value), 6) for value in apply(whole).flatten()] for name, apply in CASES.items()
    }
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{json.dumps(name)}: {json.dumps(values, separators=(',', ':'))}" for name, values in cases.items()]
    OUTPUT.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
