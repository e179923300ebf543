#!/usr/bin/env python3
"""Writes fixtures/train/losses.json: the losses of a small random batch and their gradients.

Run once with Debian 12's python3 (torch, skimage); CI only reads the result.
    /usr/bin/python3 tools/make_loss_goldens.py
The formulas are written down plainly in float64 and differentiated by torch's autograd; colours come
from skimage, optimisers from torch.optim. Arrays are the bytes of little-endian f32 in base64.
"""

import base64
import json
import platform
from pathlib import Path

import numpy as np
import skimage
import torch
from skimage.color import rgb2lab

OUT = Path(__file__).parent.parent / "fixtures" / "train" / "losses.json"
GRID = (8, 16)  # quarters of the padded 32 x 64 pixels
SIZES = ((29, 53), (32, 60))
VALID_HEIGHTS = (27, 32)
CHANNELS = 8
# Entries in the order of their images: image, level, mask, row of the kernel map.
ENTRIES = (
    (0, 0, 0, 1), (0, 0, 0, 2), (0, 0, 1, 2), (0, 3, 2, 9),
    (1, 0, 3, 13), (1, 1, 4, 17), (1, 1, 4, 18), (1, 3, 4, 21),
)
MAP_ROWS = 24
CELLS = 40
WARM_UP = 0.3


def encode(values) -> str:
    return base64.b64encode(np.asarray(values).astype("<f4").tobytes()).decode()


def f32(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    values = rng.standard_normal(shape).astype(np.float32).astype(np.float64)
    return torch.tensor(values, requires_grad=True)


def picture(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Flat patches with a little noise, so that neighbours are alike about half the time."""
    colours = rng.integers(0, 250, (5, 3))
    y, x = np.mgrid[:height, :width]
    return (colours[(y // 11 + 2 * (x // 17)) % 5] + rng.integers(0, 6, (height, width, 3))).astype(np.uint8)


def blob(rng: np.random.Generator) -> np.ndarray:
    """A rectangle with holes; some of its rows or columns may be missing."""
    mask = np.zeros(GRID, bool)
    top, left = rng.integers(0, GRID[0] - 4), rng.integers(0, GRID[1] - 5)
    height, width = rng.integers(2, 5), rng.integers(2, 6)
    mask[top : top + height, left : left + width] = rng.random((height, width)) < 0.7
    mask[top, left] = True
    return mask


def shifted(x: torch.Tensor, down: int, across: int) -> torch.Tensor:
    """x[i + down, j + across], zeros beyond the border."""
    padded = torch.nn.functional.pad(x, (2, 2, 2, 2))
    height, width = x.shape[-2:]
    return padded[..., 2 + down : 2 + down + height, 2 + across : 2 + across + width]


OFFSETS = [(dy, dx) for dy in (-2, 0, 2) for dx in (-2, 0, 2) if (dy, dx) != (0, 0)]


def similarities(rgb: np.ndarray, valid_height: int) -> tuple[np.ndarray, torch.Tensor]:
    """Lab of the quarters, and 8 planes of similarity."""
    padded = np.zeros((4 * GRID[0], 4 * GRID[1], 3))
    padded[: rgb.shape[0], : rgb.shape[1]] = rgb
    means = padded.reshape(GRID[0], 4, GRID[1], 4, 3).mean((1, 3)).astype(np.uint8)
    lab = rgb2lab(means)
    valid = np.zeros((4 * GRID[0], 4 * GRID[1]))
    valid[:valid_height, : rgb.shape[1]] = 1
    planes = torch.tensor(lab.astype(np.float64)).permute(2, 0, 1)
    mask = torch.tensor(valid[2::4, 2::4])
    alike = [
        torch.exp(-0.5 * (planes - shifted(planes, *offset)).norm(dim=0)) * shifted(mask, *offset)
        for offset in OFFSETS
    ]
    return lab, torch.stack(alike)


def dice(u: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    return 1 - 2 * (u * v).sum() / ((u * u).sum() + (v * v).sum() + 1e-5)


def mask_terms(features, kernel_map, masks, alike) -> list[torch.Tensor]:
    """Losses of maxima, means and pairs: means within a level, then over the levels with entries."""
    levels: dict[int, list[list[torch.Tensor]]] = {}
    for image, level, mask, row in ENTRIES:
        z = torch.einsum("c,yxc->yx", kernel_map[row], features[image])
        p, t = torch.sigmoid(z), masks[mask]
        largest = dice(p.max(0)[0], t.max(0)[0]) + dice(p.max(1)[0], t.max(1)[0])
        mean = dice(p.mean(0), t.mean(0)) + dice(p.mean(1), t.mean(1))
        box = t.max(1, keepdim=True)[0] * t.max(0, keepdim=True)[0]
        pairs = [
            -torch.log(p * shifted(p, *offset) + (1 - p) * (1 - shifted(p, *offset)))
            for offset in OFFSETS
        ]
        asked = (alike[image] >= 0.3).double() * box
        levels.setdefault(level, []).append(
            [largest, mean, (torch.stack(pairs) * asked).sum(), asked.sum()]
        )
    columns = [[torch.stack(column) for column in zip(*entries)] for entries in levels.values()]
    return [
        torch.stack([largest.mean() for largest, _, _, _ in columns]).mean(),
        torch.stack([mean.mean() for _, mean, _, _ in columns]).mean(),
        torch.stack([sums.sum() / counts.sum().clamp(min=1) for _, _, sums, counts in columns]).mean(),
    ]


def focal(scores: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    p = torch.sigmoid(scores)
    chance = torch.where(targets == 1, p, 1 - p)
    alpha = torch.where(targets == 1, 0.25, 0.75)
    return -(alpha * (1 - chance) ** 2 * torch.log(chance)).sum() / (targets.sum() + 1)


def batch() -> dict:
    rng = np.random.default_rng(7)
    pictures = [picture(rng, *size) for size in SIZES]
    labs, alike = zip(*(similarities(*pair) for pair in zip(pictures, VALID_HEIGHTS)))
    assert all((plane - 0.3).abs().min() > 1e-3 for plane in alike), "a tie that f32 may break"
    bits = [
        sum((plane >= 0.3).int().numpy() << k for k, plane in enumerate(planes)) for planes in alike
    ]
    masks = np.stack([blob(rng) for _ in range(5)])
    features, kernel_map = f32(rng, 2, *GRID, CHANNELS), f32(rng, MAP_ROWS, CHANNELS)
    scores = f32(rng, 2, CELLS)
    targets = torch.tensor(rng.random((2, CELLS)) < 0.1).long()
    terms = mask_terms(features, kernel_map, torch.tensor(masks).double(), alike)
    terms.append(focal(scores, targets))
    total = terms[0] + 0.1 * terms[1] + WARM_UP * terms[2] + terms[3]
    total.backward()
    return {
        "grid": GRID,
        "sizes": SIZES,
        "validHeights": VALID_HEIGHTS,
        "pictures": [base64.b64encode(rgb.tobytes()).decode() for rgb in pictures],
        "lab": encode(np.stack(labs)),
        "bits": [base64.b64encode(plane.astype(np.uint8).tobytes()).decode() for plane in bits],
        "masks": ["".join(str(int(bit)) for bit in mask.ravel()) for mask in masks],
        "entries": [dict(zip(("image", "level", "mask", "row"), entry)) for entry in ENTRIES],
        "features": encode(features.detach()),
        "kernelMap": encode(kernel_map.detach()),
        "scores": encode(scores.detach()),
        "targets": "".join(str(int(target)) for target in targets.ravel()),
        "warmUp": WARM_UP,
        "terms": [float(term) for term in terms],
        "total": float(total),
        "dFeatures": encode(features.grad),
        "dKernelMap": encode(kernel_map.grad),
        "dScores": encode(scores.grad),
    }


def optimise(make) -> dict:
    """Five steps of changing rate on seven parameters; the last gradient is exactly zero."""
    rng = np.random.default_rng(11)
    parameter = torch.tensor(rng.standard_normal(7), requires_grad=True)
    start = parameter.detach().clone()
    optimiser = make([parameter])
    rates, gradients = [0.01, 0.2, 0.05, 0.1, 0.1], rng.standard_normal((5, 7))
    gradients[4] = 0
    for rate, gradient in zip(rates, gradients):
        optimiser.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(gradient)
        optimiser.step()
    return {
        "start": start.tolist(),
        "rates": rates,
        "gradients": gradients.tolist(),
        "end": parameter.tolist(),
    }


def main() -> None:
    record = {
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "scikit-image": skimage.__version__,
        },
        "batch": batch(),
        "sgd": optimise(lambda p: torch.optim.SGD(p, lr=1, momentum=0.9, weight_decay=0.1)),
        "adamW": optimise(lambda p: torch.optim.AdamW(p, lr=1, weight_decay=0.1)),
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
