"""Draws how neurons turn into atoms, as an animation: the picture at the top of the README.

    featurescope run first-look --out runs/first-look
    pip install numpy pillow safetensors
    python tools/staircase.py runs/first-look docs/staircase.gif \
        random_mask="with random masks" none="without augmentation"

Every panel is one arm: neurons to the right, atoms upwards, dark where |cos(w_i, M_j)| is near 1. Neurons are in
the order of their atom at the end, so that learned atoms form a staircase.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from safetensors.numpy import load_file

CELL = 9
MARGIN = 28
HEAD = 62
INK = (31, 41, 55)
PALE, DARK = np.array([247, 250, 255]), np.array([8, 48, 107])
FRAME_MILLISECONDS, LAST_MILLISECONDS = 280, 3500


def cosines(run: Path, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps, and |cos| by step, neuron and atom, neurons in the order of the staircase."""
    stored = load_file(run / "arms" / arm / "alignment.safetensors")
    values = np.abs(stored["cosines"].astype(np.float32)) / 127
    end = values[-1]
    order = np.lexsort((-end.max(axis=1), end.argmax(axis=1), end.max(axis=1) < 0.7))
    return stored["steps"], values[:, order]


def nearest(steps: np.ndarray, step: int) -> int:
    """The last matrix that was kept up to this step."""
    return int(np.searchsorted(steps, step, side="right")) - 1


def panel(matrix: np.ndarray) -> Image.Image:
    """A matrix as a picture: atoms upwards, neurons to the right."""
    shades = PALE + matrix.T[::-1, :, None] * (DARK - PALE)
    return Image.fromarray(shades.astype(np.uint8)).resize(
        (matrix.shape[0] * CELL, matrix.shape[1] * CELL), Image.Resampling.NEAREST
    )


def frames(run: Path, arms: dict[str, str]) -> list[Image.Image]:
    """One picture per kept step of the first arm."""
    stored = {arm: cosines(run, arm) for arm in arms}
    steps = next(iter(stored.values()))[0]
    font, small = (ImageFont.load_default(size=size) for size in (19, 14))
    pictures = []
    for step in steps:
        panels = [panel(values[nearest(own, step)]) for own, values in stored.values()]
        width = MARGIN + sum(part.width + MARGIN for part in panels)
        picture = Image.new("RGB", (width, HEAD + panels[0].height + MARGIN), "white")
        draw, left = ImageDraw.Draw(picture), MARGIN
        for title, part, (own, values) in zip(arms.values(), panels, stored.values()):
            found = int((values[nearest(own, step)].max(axis=0) > 0.9).sum())
            draw.text((left, 8), title, INK, font)
            draw.text((left, 35), f"step {step}: {found} of {values.shape[2]} features found", INK, small)
            picture.paste(part, (left, HEAD))
            left += part.width + MARGIN
        pictures.append(picture)
    return pictures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("out", type=Path, help="where the animation goes, .gif")
    parser.add_argument("arms", nargs="+", help="arms to show, each as ARM=TITLE")
    options = parser.parse_args()
    arms = dict(arm.split("=", 1) if "=" in arm else (arm, arm) for arm in options.arms)
    pictures = [picture.quantize(colors=32) for picture in frames(options.run, arms)]
    durations = [FRAME_MILLISECONDS] * (len(pictures) - 1) + [LAST_MILLISECONDS]
    pictures[0].save(
        options.out, save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=True
    )


if __name__ == "__main__":
    main()
