"""Output and gradients of a chain of layers with made-up parameters, from torch autograd in f64.

Made once, outside CI: /usr/bin/python3 tools/make_training_goldens.py (torch, numpy)
Writes fixtures/training; README.md there says what each file holds. No operand is stored: each is a
hash of its name and index, which tests/conformance/training_goldens.test.ts computes alike.
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

OUT = "fixtures/training"


def uniform(name, shape):
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
    value = (h / 2.0**31 - 1).astype(np.float32).reshape(shape)
    return torch.from_numpy(value).double().requires_grad_()


def coordinates(x):
    """x and y from -1 to 1 behind the channels."""
    images, _, height, width = x.shape
    across = torch.linspace(-1, 1, width, dtype=x.dtype).view(1, 1, 1, width)
    down = torch.linspace(-1, 1, height, dtype=x.dtype).view(1, 1, height, 1)
    size = (images, 1, height, width)
    return torch.cat([x, across.expand(size), down.expand(size)], dim=1)


# Channels last and kernels in front, as Fiedler keeps them.
operands = {
    "x": (2, 9, 7, 8),
    "weight1": (3, 3, 10, 16),
    "bias1": (16,),
    "gamma": (16,),
    "beta": (16,),
    "weight2": (3, 3, 16, 8),
    "bias2": (8,),
}
values = {name: uniform(name, shape) for name, shape in operands.items()}
first = lambda t: t.permute(0, 3, 1, 2)
kernel = lambda t: t.permute(3, 2, 0, 1)

h = F.conv2d(coordinates(first(values["x"])), kernel(values["weight1"]), values["bias1"], padding=1)
h = F.relu(F.group_norm(h, 4, values["gamma"], values["beta"], eps=1e-5))
h = F.interpolate(h, size=(13, 20), mode="bilinear", align_corners=False)
out = F.conv2d(h, kernel(values["weight2"]), values["bias2"], stride=2, padding=1)
out = out.permute(0, 2, 3, 1)
out.backward(uniform("dOut", tuple(out.shape)).detach())

parts = {"out": out.detach(), **{name: value.grad for name, value in values.items()}}
os.makedirs(OUT, exist_ok=True)
np.save(f"{OUT}/chain.npy",
        np.concatenate([part.numpy().ravel() for part in parts.values()]).astype(np.float32))
with open(f"{OUT}/chain.json", "w") as file:
    versions = {"torch": torch.__version__, "numpy": np.__version__}
    shapes = {name: list(part.shape) for name, part in parts.items()}
    json.dump({"versions": versions, "shapes": shapes}, file)
    file.write("\n")
