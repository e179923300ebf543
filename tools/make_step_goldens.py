#!/usr/bin/env python3
"""Writes fixtures/train/step.json: steps of training of a small SOLOv2 by autograd in float64.

Run once with Debian 12's python3 (torch, skimage); CI only reads the result.
    /usr/bin/python3 tools/make_step_goldens.py
Targets, heads, losses and warm-ups are written down plainly, apart from the code they check. Arrays are
little-endian f32, int8 or bytes in base64. Parameters lie as the product has them: convolutions
[height, width, from, to].
"""

import base64
import json
import math
import platform
from pathlib import Path

import numpy as np
import skimage
import torch
import torch.nn.functional as F
from skimage.color import rgb2lab

OUT = Path(__file__).parent.parent / "fixtures" / "train" / "step.json"
PADDED = (128, 160)
QUARTER = (32, 40)
HEADS = {
    "categories": 2, "channels": 8, "grids": [6, 5, 4, 3, 2], "width": 8, "convs": 1, "groups": 2,
    "maskWidth": 8, "maskChannels": 8, "prior": 0.01,
}
SCALES = [[1, 24], [16, 48], [32, 96], [64, 128], [96, 512]]
FACTORS = {"category": 1, "maxProjection": 1, "meanProjection": 0.1, "pairwise": 1, "dice": 3}
PAIRWISE_WARM_UP = 8
SIMILARITY = 0.3
WARM_UP, WARM_UP_FROM, STEPS = 5, 0.01, 20
SGD = {"rate": 0.02, "momentum": 0.9, "weightDecay": 0.01}
ADAM_W = {"rate": 0.002, "momentum": 0.9, "weightDecay": 0.05}
# Of each view: size, rows and columns that colours are compared in, and objects: label, then
# rectangles [top, left, bottom, right] whose union it is.
VIEWS = [
    ((118, 150), (112, 150), [
        (0, [[10, 12, 30, 29]]),
        (1, [[40, 50, 95, 121], [60, 30, 70, 50]]),
        (1, [[14, 15, 31, 33]]),  # shares cells with the first one: the category is this one's
        (0, [[98, 11, 99, 14]]),  # thin: no pixel is left at a quarter
        (0, [[5, 100, 45, 140]]),
    ]),
    ((128, 160), (120, 160), []),
    ((128, 141), (121, 141), [
        (1, [[3, 5, 120, 133]]),
        (0, [[70, 90, 101, 117], [80, 80, 90, 90]]),
        (1, [[20, 31, 39, 53]]),
    ]),
]


def encode(values, kind="<f4") -> str:
    return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode()


def parameters(rng: np.random.Generator) -> dict[str, torch.Tensor]:
    """Wide starts, so that every parameter matters at once."""
    found: dict[str, torch.Tensor] = {}

    def add(name: str, *shape: int, mean=0.0, deviation=0.25) -> None:
        values = (mean + deviation * rng.standard_normal(shape)).astype(np.float32)
        found[name] = torch.tensor(values.astype(np.float64), requires_grad=True)

    def normed(name: str, size: int, come: int, to: int) -> None:
        add(f"{name}.conv.weight", size, size, come, to)
        add(f"{name}.norm.weight", to, mean=1, deviation=0.1)
        add(f"{name}.norm.bias", to, deviation=0.1)

    normed("kernel.tower.0", 3, 10, 8)
    add("kernel.output.weight", 3, 3, 8, 8)
    add("kernel.output.bias", 8)
    normed("category.tower.0", 3, 8, 8)
    add("category.output.weight", 3, 3, 8, 2)
    add("category.output.bias", 2, mean=-2)
    for level, count in ((2, 1), (3, 1), (4, 2), (5, 3)):
        for i in range(count):
            normed(f"mask.level{level}.{i}", 3, 10 if (level, i) == (5, 0) else 8, 8)
    normed("mask.output", 1, 8, 8)
    return found


def conv(p: dict, name: str, x: torch.Tensor, bias=False) -> torch.Tensor:
    weight = p[f"{name}.weight"].permute(3, 2, 0, 1)
    return F.conv2d(x, weight, p[f"{name}.bias"] if bias else None, padding=weight.shape[2] // 2)


def normed(p: dict, name: str, x: torch.Tensor) -> torch.Tensor:
    y = conv(p, f"{name}.conv", x)
    return F.relu(F.group_norm(y, HEADS["groups"], p[f"{name}.norm.weight"], p[f"{name}.norm.bias"]))


def resized(x: torch.Tensor, size) -> torch.Tensor:
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def placed(x: torch.Tensor) -> torch.Tensor:
    images, _, height, width = x.shape
    xs = torch.linspace(-1, 1, width, dtype=x.dtype).expand(images, 1, height, width)
    ys = torch.linspace(-1, 1, height, dtype=x.dtype)[:, None].expand(images, 1, height, width)
    return torch.cat([x, xs, ys], 1)


def heads(p: dict, maps: list[torch.Tensor]):
    """Logits and kernels of each level, [images, channels, grid, grid], and mask features."""
    levels = [resized(maps[0], maps[1].shape[2:]), *maps[1:4], resized(maps[4], maps[3].shape[2:])]
    logits, kernels = [], []
    for x, grid in zip(levels, HEADS["grids"]):
        y = normed(p, "kernel.tower.0", resized(placed(x), (grid, grid)))
        kernels.append(conv(p, "kernel.output", y, bias=True))
        y = normed(p, "category.tower.0", resized(x, (grid, grid)))
        logits.append(conv(p, "category.output", y, bias=True))
    total = normed(p, "mask.level2.0", maps[0])
    for level in (3, 4, 5):
        y = placed(maps[3]) if level == 5 else maps[level - 2]
        for i in range(level - 2):
            y = normed(p, f"mask.level{level}.{i}", y)
            y = resized(y, [2 * side for side in y.shape[2:]])
        total = total + y
    return logits, kernels, normed(p, "mask.output", total)


def full_mask(rectangles, size) -> np.ndarray:
    mask = np.zeros(size, bool)
    for top, left, bottom, right in rectangles:
        mask[top:bottom, left:right] = True
    return mask


def quarter_mask(mask: np.ndarray) -> torch.Tensor:
    sides = [math.floor(side / 4 + 0.5) for side in mask.shape]
    means = resized(torch.tensor(mask).double()[None, None], sides)[0, 0]
    out = torch.zeros(QUARTER, dtype=torch.float64)
    out[: sides[0], : sides[1]] = (means >= 0.5 - 1e-9).double()
    return out


def floor(value: float) -> int:
    assert abs(value - round(value)) > 1e-6, "a tie"
    return math.floor(value)


def cells_of(mask: np.ndarray, grid: int) -> list[tuple[int, int]]:
    """Row and column of the cells around the centre of mass, at most 3 x 3."""
    ranges = []
    for axis in (0, 1):
        places = np.nonzero(mask)[axis]
        centre, reach = places.mean(), 0.1 * (places.max() - places.min() + 1)
        middle, first, last = (
            floor(at * grid / PADDED[axis]) for at in (centre, centre - reach, centre + reach)
        )
        ranges.append(range(max(0, first, middle - 1), min(grid - 1, last, middle + 1) + 1))
    return [(row, column) for row in ranges[0] for column in ranges[1]]


def targets():
    """Categories [images, grid, grid] of each level (-1 for none), masks, and entries."""
    categories = [np.full((len(VIEWS), grid, grid), -1) for grid in HEADS["grids"]]
    masks, entries = [], []
    for image, (size, _, objects) in enumerate(VIEWS):
        for label, rectangles in objects:
            mask = full_mask(rectangles, size)
            y, x = np.nonzero(mask)
            scale = math.sqrt((y.max() - y.min() + 1) * (x.max() - x.min() + 1))
            for level, (least, largest) in enumerate(SCALES):
                if not least <= scale <= largest:
                    continue
                for row, column in cells_of(mask, HEADS["grids"][level]):
                    categories[level][image, row, column] = label
                    entries.append((level, image, row, column, len(masks)))
            masks.append(quarter_mask(mask))
    return categories, masks, entries


def quarters(rng: np.random.Generator) -> np.ndarray:
    """A picture in blocks of 4 x 4: patches with a little noise, so that neighbours are often alike."""
    colours = rng.integers(0, 250, (7, 3))
    y, x = np.mgrid[: QUARTER[0], : QUARTER[1]]
    return (colours[(y // 6 + 2 * (x // 7)) % 7] + rng.integers(0, 5, (*QUARTER, 3))).astype(np.uint8)


OFFSETS = [(dy, dx) for dy in (-2, 0, 2) for dx in (-2, 0, 2) if (dy, dx) != (0, 0)]


def shifted(x: torch.Tensor, down: int, across: int) -> torch.Tensor:
    padded = F.pad(x, (2, 2, 2, 2))
    height, width = x.shape[-2:]
    return padded[..., 2 + down : 2 + down + height, 2 + across : 2 + across + width]


def alike(picture: np.ndarray, size, valid) -> torch.Tensor:
    """[8, rows, columns]: 1 where a neighbour is valid and of like colour."""
    pixels = picture.repeat(4, 0).repeat(4, 1).astype(np.float64)
    pixels[size[0] :], pixels[:, size[1] :] = 0, 0
    means = pixels.reshape(QUARTER[0], 4, QUARTER[1], 4, 3).mean((1, 3)).astype(np.uint8)
    lab = torch.tensor(rgb2lab(means).astype(np.float64)).permute(2, 0, 1)
    inside = np.zeros(PADDED)
    inside[: valid[0], : valid[1]] = 1
    mask = torch.tensor(inside[2::4, 2::4])
    values = torch.stack([
        torch.exp(-0.5 * (lab - shifted(lab, *offset)).norm(dim=0)) * shifted(mask, *offset)
        for offset in OFFSETS
    ])
    assert (values - SIMILARITY).abs().min() > 1e-4, "a tie that f32 may break"
    return (values >= SIMILARITY).double()


def dice(u: torch.Tensor, v: torch.Tensor, epsilon=1e-5) -> torch.Tensor:
    return 1 - 2 * (u * v).sum() / ((u * u).sum() + (v * v).sum() + epsilon)


def mask_terms(kernels, features, masks, entries, alikes) -> dict[str, torch.Tensor]:
    levels: dict[int, list] = {}
    for level, image, row, column, index in entries:
        z = torch.einsum("c,cyx->yx", kernels[level][image, :, row, column], features[image])
        p, t = torch.sigmoid(z), masks[index]
        s = F.softplus
        box = t.max(1, keepdim=True)[0] * t.max(0, keepdim=True)[0]
        asked = alikes[image] * box
        pairs = torch.stack([s(z) + s(shifted(z, *o)) - s(z + shifted(z, *o)) for o in OFFSETS])
        levels.setdefault(level, []).append((
            dice(p.max(0)[0], t.max(0)[0]) + dice(p.max(1)[0], t.max(1)[0]),
            dice(p.mean(0), t.mean(0)) + dice(p.mean(1), t.mean(1)),
            (pairs * asked).sum(), asked.sum(),
            dice(p, t, 2e-3),
        ))
    columns = [[torch.stack(column) for column in zip(*rows)] for rows in levels.values()]
    return {
        "maxProjection": torch.stack([c[0].mean() for c in columns]).mean(),
        "meanProjection": torch.stack([c[1].mean() for c in columns]).mean(),
        "pairwise": torch.stack([c[2].sum() / c[3].sum().clamp(min=1) for c in columns]).mean(),
        "dice": torch.cat([c[4] for c in columns]).mean(),
    }


def category_term(logits, categories) -> torch.Tensor:
    total, positives = 0, 0
    for z, cells in zip(logits, categories):
        wanted = torch.stack([torch.tensor(cells == c) for c in range(HEADS["categories"])], 1)
        p = torch.sigmoid(z)
        chance = torch.where(wanted, p, 1 - p)
        share = torch.where(wanted, 0.25, 0.75).double()
        total = total - (share * (1 - chance) ** 2 * torch.log(chance)).sum()
        positives += int((cells >= 0).sum())
    return total / (positives + 1)


def weighted(terms: dict, step: int) -> torch.Tensor:
    factors = {**FACTORS, "pairwise": FACTORS["pairwise"] * min(step / PAIRWISE_WARM_UP, 1)}
    return sum(factors[name] * value for name, value in terms.items())


def train(start: dict, make, rate: float, loss) -> dict[str, torch.Tensor]:
    p = {name: value.detach().clone().requires_grad_() for name, value in start.items()}
    decayed = [value for name, value in p.items() if ".norm." not in name]
    others = [value for name, value in p.items() if ".norm." in name]
    optimiser = make([{"params": decayed}, {"params": others, "weight_decay": 0}])
    for step in range(1, STEPS + 1):
        t = min(step - 1, WARM_UP) / WARM_UP
        for group in optimiser.param_groups:
            group["lr"] = rate * (WARM_UP_FROM * (1 - t) + t)
        optimiser.zero_grad(set_to_none=False)
        weighted(loss(p), step).backward()
        optimiser.step()
    return p


def together(values: dict) -> str:
    return encode(np.concatenate([value.detach().numpy().ravel() for value in values.values()]))


def main() -> None:
    torch.set_num_threads(1)
    rng = np.random.default_rng(3)
    start = parameters(rng)
    sizes = [(32 >> i, 40 >> i) for i in range(4)] + [(2, 3)]
    maps = [rng.integers(-90, 91, (len(VIEWS), *size, HEADS["channels"])) for size in sizes]
    inputs = [torch.tensor(level / 64).permute(0, 3, 1, 2) for level in maps]
    pictures = [quarters(rng) for _ in VIEWS]
    alikes = [alike(rgb, size, valid) for rgb, (size, valid, _) in zip(pictures, VIEWS)]
    categories, masks, entries = targets()

    def loss(p: dict) -> dict[str, torch.Tensor]:
        logits, kernels, features = heads(p, inputs)
        terms = mask_terms(kernels, features, masks, entries, alikes)
        return {"category": category_term(logits, categories), **terms}

    counts = [sum(entry[0] == level for entry in entries) for level in range(5)]
    positives = sum(int((cells >= 0).sum()) for cells in categories)
    print("entries of levels", counts, "positive cells", positives)
    assert positives < len(entries), "no contested cell"
    assert any(mask.sum() == 0 for mask in masks), "no object without pixels"
    terms = loss(start)
    weighted(terms, 1).backward()
    sgd = train(
        start,
        lambda groups: torch.optim.SGD(groups, lr=1, momentum=0.9, weight_decay=SGD["weightDecay"]),
        SGD["rate"], loss,
    )
    adam_w = train(
        start,
        lambda groups: torch.optim.AdamW(groups, lr=1, weight_decay=ADAM_W["weightDecay"]),
        ADAM_W["rate"], loss,
    )
    print("largest changes", [
        max(float((p[n] - start[n]).abs().max()) for n in start) for p in (sgd, adam_w)
    ])
    record = {
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "scikit-image": skimage.__version__,
        },
        "heads": HEADS,
        "scaleRanges": SCALES,
        "padded": PADDED,
        "views": [
            {
                "size": size,
                "valid": valid,
                "quarters": encode(rgb, "u1"),
                "objects": [{"label": label, "rectangles": parts} for label, parts in objects],
            }
            for rgb, (size, valid, objects) in zip(pictures, VIEWS)
        ],
        "maps": [{"shape": level.shape, "sixtyFourths": encode(level, "i1")} for level in maps],
        "loss": {**FACTORS, "pairwiseWarmUp": PAIRWISE_WARM_UP, "similarity": SIMILARITY},
        "steps": STEPS,
        "optimisers": {"warmUp": WARM_UP, "warmUpFrom": WARM_UP_FROM, "sgd": SGD, "adamw": ADAM_W},
        "parameters": [{"name": name, "shape": value.shape} for name, value in start.items()],
        "entries": counts,
        "positives": positives,
        "terms": {name: float(value) for name, value in terms.items()},
        "start": together(start),
        "gradients": together({name: value.grad for name, value in start.items()}),
        "sgd": together(sgd),
        "adamw": together(adam_w),
    }
    OUT.write_text(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
