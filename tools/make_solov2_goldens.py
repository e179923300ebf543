"""Output and gradients of a small pyramid with SOLOv2's heads, from torch autograd in f64.

Made once, outside CI: /usr/bin/python3 tools/make_solov2_goldens.py (torch, numpy)
Writes fixtures/solov2; README.md there says what each file holds. No operand is stored: each is a
hash of its name and index, which tests/support/golden_heads.ts computes alike.
"""
import json
import math
import os

import numpy as np
import torch
import torch.nn.functional as F

OUT = "fixtures/solov2"
INPUTS = [4, 8, 8, 12]  # channels of the backbone's maps
SIZES = [(16, 24), (8, 12), (4, 6), (2, 3)]
IMAGES = 1
CONFIG = {
    "categories": 2,
    "channels": 8,
    "grids": [6, 5, 4, 3, 2],
    "width": 8,
    "convs": 2,
    "groups": 2,
    "maskWidth": 8,
    "maskChannels": 8,
    "prior": 0.01,
}


def hashed(name, shape):
    """Numbers in [-1, 1): FNV-1a of the name, then murmur3's last steps of seed + index · φ."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    h = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return (h / 2.0**31 - 1).astype(np.float32).reshape(shape)


parameters = {}  # by name, channels last as Fiedler keeps them


def parameter(name, shape):
    """Weights of a size that keeps what goes through them, scales around 1, shifts around 0."""
    if name not in parameters:
        value = hashed(name, shape).astype(np.float64)
        if len(shape) == 4:
            value = value * math.sqrt(3 / (shape[0] * shape[1] * shape[2]))
        else:
            value = value / 2 + (1 if name.endswith("norm.weight") else 0)
        value = value.astype(np.float32)  # as Fiedler has them
        parameters[name] = torch.from_numpy(value).double().requires_grad_()
    return parameters[name]


def conv(x, name, size, out, bias):
    weight = parameter(f"{name}.weight", (size, size, x.shape[1], out)).permute(3, 2, 0, 1)
    shift = parameter(f"{name}.bias", (out,)) if bias else None
    return F.conv2d(x, weight, shift, padding=size // 2)


def block(x, name, out, size=3):
    x = conv(x, f"{name}.conv", size, out, False)
    weight, bias = (parameter(f"{name}.norm.{part}", (out,)) for part in ("weight", "bias"))
    return F.relu(F.group_norm(x, CONFIG["groups"], weight, bias, eps=1e-5))


def coordinates(x):
    """x and y from -1 to 1 behind the channels."""
    images, _, height, width = x.shape
    across = torch.linspace(-1, 1, width, dtype=x.dtype).view(1, 1, 1, width)
    down = torch.linspace(-1, 1, height, dtype=x.dtype).view(1, 1, height, 1)
    size = (images, 1, height, width)
    return torch.cat([x, across.expand(size), down.expand(size)], dim=1)


def resize(x, size):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


def pyramid(maps):
    above, levels = None, []
    for i in reversed(range(4)):
        lateral = conv(maps[i], f"fpn.lateral{i + 2}", 1, CONFIG["channels"], True)
        if above is not None:
            lateral = lateral + F.interpolate(above, scale_factor=2, mode="nearest")
        above = lateral
        levels.insert(0, conv(above, f"fpn.output{i + 2}", 3, CONFIG["channels"], True))
    return [*levels, F.max_pool2d(levels[-1], kernel_size=1, stride=2)]


def cell_heads(x, grid):
    cells = resize(coordinates(x), (grid, grid))
    kernel, category = cells, cells[:, :-2]
    for i in range(CONFIG["convs"]):
        kernel = block(kernel, f"kernel.tower.{i}", CONFIG["width"])
        category = block(category, f"category.tower.{i}", CONFIG["width"])
    return (conv(category, "category.output", 3, CONFIG["categories"], True),
            conv(kernel, "kernel.output", 3, CONFIG["maskChannels"], True))


def mask_features(p):
    total = block(p[0], "mask.level2.0", CONFIG["maskWidth"])
    for i in (1, 2, 3):
        x = coordinates(p[i]) if i == 3 else p[i]
        for j in range(i):
            x = block(x, f"mask.level{i + 2}.{j}", CONFIG["maskWidth"])
            x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
        total = total + x
    return block(total, "mask.output", CONFIG["maskChannels"], size=1)


def heads(p):
    """Everything that the heads say of the levels of a pyramid, channels last."""
    levels = [F.interpolate(p[0], scale_factor=0.5, mode="bilinear", align_corners=False),
              *p[1:4], resize(p[4], p[3].shape[-2:])]
    cells = [cell_heads(x, grid) for x, grid in zip(levels, CONFIG["grids"])]
    return {
        **{f"categories{i}": category.permute(1, 0, 2, 3) for i, (category, _) in enumerate(cells)},
        **{f"kernels{i}": kernel.permute(0, 2, 3, 1) for i, (_, kernel) in enumerate(cells)},
        "features": mask_features(p).permute(0, 2, 3, 1),
    }


def backward(outputs):
    """Gradients of the outputs' products with hashes of their names."""
    loss = sum((torch.from_numpy(hashed(f"d.{name}", tuple(value.shape))).double() * value).sum()
               for name, value in outputs.items())
    loss.backward()


def save(out, parts, **facts):
    """small.npy: the parts one after the other; small.json: their shapes, and the facts."""
    os.makedirs(out, exist_ok=True)
    np.save(f"{out}/small.npy", np.concatenate(
        [part.detach().contiguous().numpy().ravel() for part in parts.values()]).astype(np.float32))
    with open(f"{out}/small.json", "w") as file:
        versions = {"torch": torch.__version__, "numpy": np.__version__}
        shapes = {name: list(part.shape) for name, part in parts.items()}
        json.dump({"versions": versions, "config": CONFIG, **facts, "shapes": shapes}, file)
        file.write("\n")


if __name__ == "__main__":
    maps = [torch.from_numpy(hashed(f"res{i + 2}", (IMAGES, *SIZES[i], INPUTS[i]))).double()
            .permute(0, 3, 1, 2) for i in range(4)]
    outputs = heads(pyramid(maps))
    backward(outputs)
    gradients = {name: value.grad for name, value in parameters.items()}
    shapes = [[IMAGES, *size, channels] for size, channels in zip(SIZES, INPUTS)]
    save(OUT, {**outputs, **gradients}, maps=shapes)
