#!/usr/bin/env python3
"""Writes fixtures/weights/golden: last-block keys of the embedded transformers, by PyTorch in f64.

Run once with Debian 12's python3 (torch, numpy, PIL) when a file of weights changes; CI only reads
the result.
    /usr/bin/python3 tools/make_weight_goldens.py mae dino
then, since they begin with these keys, make_spectral_goldens.py, make_labels_goldens.py and
make_pipeline_goldens.py.
"""

import json
import math
import struct
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

WEIGHTS = Path(__file__).parent.parent / "fixtures" / "weights"


def read(path: Path) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """Metadata and tensors, which are all f16."""
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F16", name
        begin, end = (8 + size + at for at in entry["data_offsets"])
        values = np.frombuffer(data[begin:end], np.float16).reshape(entry["shape"])
        tensors[name] = torch.tensor(values.astype(np.float64))
    return metadata, tensors


def positions(rows: int, columns: int, dim: int, span: float) -> torch.Tensor:
    """[rows * columns, dim]: sines and cosines of y, then of x, both from 0 to the span."""
    rates = 10000 ** (-torch.arange(dim // 4, dtype=torch.float64) / (dim / 4))
    waves = lambda count: (torch.arange(count) + 0.5)[:, None] / count * span * rates
    y, x = (torch.cat([w.sin(), w.cos()], 1) for w in (waves(rows), waves(columns)))
    return torch.cat([y.repeat_interleave(columns, 0), x.repeat(rows, 1)], 1)


def keys(picture: np.ndarray, metadata: dict[str, str], p: dict[str, torch.Tensor]) -> np.ndarray:
    """Keys of the last block, [patches, dim], of [height, width, 3] bytes."""
    dim, depth, heads, patch = (int(metadata[k]) for k in ("dim", "depth", "heads", "patch_size"))
    epsilon, span, amplitude = (
        float(metadata[k]) for k in ("layer_norm_eps", "position_span", "position_amplitude")
    )
    assert metadata["image_mean"] == metadata["image_std"] == "0.5,0.5,0.5"
    linear = lambda name, x: F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])
    norm = lambda name, x: F.layer_norm(x, (dim,), p[f"{name}.weight"], p[f"{name}.bias"], epsilon)

    image = torch.tensor(picture / 127.5 - 1, dtype=torch.float64).permute(2, 0, 1)[None]
    name = "patch_embed.proj"
    grid = F.conv2d(image, p[f"{name}.weight"], p[f"{name}.bias"], stride=patch)
    rows, columns = grid.shape[2:]
    x = grid[0].flatten(1).T + amplitude * positions(rows, columns, dim, span)
    x = torch.cat([p["cls_token"][0], x])
    for i in range(depth):
        block = f"blocks.{i}"
        q, k, v = (
            part.view(-1, heads, dim // heads).transpose(0, 1)
            for part in linear(f"{block}.attn.qkv", norm(f"{block}.norm1", x)).split(dim, 1)
        )
        mixed = (q @ k.transpose(1, 2) / math.sqrt(dim // heads)).softmax(-1) @ v
        x = x + linear(f"{block}.attn.proj", mixed.transpose(0, 1).reshape(-1, dim))
        hidden = F.gelu(linear(f"{block}.mlp.fc1", norm(f"{block}.norm2", x)))
        x = x + linear(f"{block}.mlp.fc2", hidden)
    return k.transpose(0, 1).reshape(-1, dim)[1:].float().numpy()


def main(names: list[str]) -> None:
    golden = WEIGHTS / "golden"
    scene = np.asarray(Image.open(golden / "scene_192.png").convert("RGB"))
    for name in names:
        model = read(WEIGHTS / f"{name}-tiny.safetensors")
        np.save(golden / f"{name}_keys_192.npy", keys(scene, *model))
        np.save(golden / f"{name}_grey_keys_192.npy", keys(np.full_like(scene, 127), *model))


main(sys.argv[1:])
