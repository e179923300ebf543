#!/usr/bin/env python3
"""Writes fixtures/segmenter/predict.json: point NMS and Matrix NMS of random cells and masks.

Run once with Debian 12's python3 (torch, numpy); CI only reads the result.
    /usr/bin/python3 tools/make_predict_goldens.py
Point NMS is torch's max pooling; Matrix NMS is written down as matrices in float64, by the formula of
arXiv 2003.10152, section 3.4.
"""

import json
import platform
from pathlib import Path

import numpy as np
import torch

torch.set_num_threads(1)
OUT = Path(__file__).parent.parent / "fixtures" / "segmenter" / "predict.json"


def point_nms(scores: np.ndarray) -> list[int]:
    x = torch.tensor(scores)[None, None]
    pooled = torch.nn.functional.max_pool2d(x, (2, 2), stride=1, padding=1)[:, :, :-1, :-1]
    return torch.nonzero((pooled == x).flatten()).flatten().tolist()


def matrix_nms(areas, overlaps, scores, categories, decay: str, sigma: float) -> np.ndarray:
    order = np.argsort(-scores, kind="stable")
    union = areas[:, None] + areas[None] - overlaps
    same = categories[:, None] == categories[None]
    iou = np.triu((overlaps / union * same)[np.ix_(order, order)], 1)
    comp = iou.max(0)[:, None]
    if decay == "gaussian":
        factors = np.exp(-sigma * iou**2) / np.exp(-sigma * comp**2)
    else:
        factors = (1 - iou) / (1 - comp)
    out = np.empty(len(scores))
    out[order] = scores[order] * factors.min(0)
    return out


def masks(rng: np.random.Generator, count: int, categories: int, decay: str, sigma: float) -> dict:
    """Discs on 24 x 32 pixels, scores with some ties; no two discs alike."""
    y, x = np.mgrid[:24, :32]
    centres = rng.uniform((0, 0), (24, 32), (count, 2))
    radii = rng.uniform(3, 9, count)
    discs = [(y - cy) ** 2 + (x - cx) ** 2 < r * r for (cy, cx), r in zip(centres, radii)]
    flat = np.array(discs).reshape(count, -1).astype(np.int64)
    overlaps = flat @ flat.T
    areas = flat.sum(1)
    scores = np.round(rng.uniform(0.1, 1, count), 2)
    labels = rng.integers(0, categories, count)
    lowered = matrix_nms(areas, overlaps, scores, labels, decay, sigma)
    return {
        "decay": decay,
        "sigma": sigma,
        "scores": scores.tolist(),
        "categories": labels.tolist(),
        "areas": areas.tolist(),
        "intersections": overlaps.flatten().tolist(),
        "lowered": lowered.tolist(),
    }


rng = np.random.default_rng(0)
grids = []
for grid, levels in ((1, 9), (2, 9), (5, 3), (12, 100)):
    scores = rng.integers(1, levels, (grid, grid)) / levels
    grids.append({"grid": grid, "scores": scores.flatten().tolist(), "cells": point_nms(scores)})
golden = {
    "versions": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
    "pointNms": grids,
    "matrixNms": [
        masks(rng, 1, 1, "gaussian", 2.0),
        masks(rng, 24, 1, "gaussian", 2.0),
        masks(rng, 24, 3, "gaussian", 0.5),
        masks(rng, 24, 2, "linear", 2.0),
    ],
}
OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
