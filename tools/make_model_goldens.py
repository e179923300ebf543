"""Position tables and two tiny random vision transformers, from PyTorch in f64.

Made once, outside CI: /usr/bin/python3 tools/make_model_goldens.py (torch, numpy)
Writes fixtures/models; README.md there says what each file holds.
"""
import json
import os
import struct

import numpy as np
import torch
import torch.nn.functional as F

OUT = "fixtures/models"
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
EPS = 1e-6


def save(name, array):
    np.save(f"{OUT}/{name}.npy", np.ascontiguousarray(array))


def write_safetensors(name, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for key in sorted(tensors):
        part = tensors[key].numpy().tobytes()
        dtype = {torch.float16: "F16", torch.float32: "F32"}[tensors[key].dtype]
        offsets = [len(data), len(data) + len(part)]
        header[key] = {"dtype": dtype, "shape": list(tensors[key].shape), "data_offsets": offsets}
        data += part
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{OUT}/{name}.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def by_size(grid, to):  # grid [1, D, side, side]
    return F.interpolate(grid, size=to, mode="bicubic", align_corners=False)


def by_scale(grid, to):
    """facebookresearch/dino vision_transformer.py, interpolate_pos_encoding."""
    side = grid.shape[-1]
    if to == (side, side):
        return grid
    scale = tuple((g + 0.1) / side for g in to)
    out = F.interpolate(grid, scale_factor=scale, mode="bicubic", align_corners=False)
    assert out.shape[-2:] == to
    return out


def positions():
    grids = [(14, 14), (30, 40), (17, 23), (14, 20), (5, 7)]
    table = torch.randn(1, 14, 14, 3).float()
    grid = table.double().permute(0, 3, 1, 2)
    rows = lambda rule: torch.cat([rule(grid, to)[0].flatten(1).T for to in grids])
    save("positions_table", table.reshape(196, 3).numpy())
    save("positions", torch.stack([rows(by_size), rows(by_scale)]).float().numpy())
    return grids


def random_vit(dim, depth, patch, side, class_token, dtype):
    def linear(name, out, inner):
        weights[f"{name}.weight"] = 1.5 * torch.randn(out, inner) / inner**0.5
        weights[f"{name}.bias"] = 0.3 * torch.randn(out)

    def norm(name):
        weights[f"{name}.weight"] = 1 + 0.2 * torch.randn(dim)
        weights[f"{name}.bias"] = 0.2 * torch.randn(dim)

    first = 1 if class_token else 0
    weights = {"pos_embed": 0.5 * torch.randn(1, first + side * side, dim)}
    if class_token:
        weights["cls_token"] = 0.5 * torch.randn(1, 1, dim)
        norm("norm")
    linear("patch_embed.proj", dim, 3 * patch * patch)
    weights["patch_embed.proj.weight"] = weights["patch_embed.proj.weight"].reshape(
        dim, 3, patch, patch)
    for i in range(depth):
        norm(f"blocks.{i}.norm1")
        linear(f"blocks.{i}.attn.qkv", 3 * dim, dim)
        linear(f"blocks.{i}.attn.proj", dim, dim)
        norm(f"blocks.{i}.norm2")
        linear(f"blocks.{i}.mlp.fc1", 4 * dim, dim)
        linear(f"blocks.{i}.mlp.fc2", dim, 4 * dim)
    return {key: value.to(dtype) for key, value in weights.items()}


def features(stored, picture, heads):
    """[depth, facets, patches, dim]: query, key, value, block output, all without class token."""
    w = {key: value.double() for key, value in stored.items()}
    dim, _, patch, _ = w["patch_embed.proj.weight"].shape
    norm = lambda x, name: F.layer_norm(x, (dim,), w[f"{name}.weight"], w[f"{name}.bias"], EPS)
    linear = lambda x, name: F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])
    channel = lambda values: torch.tensor(values, dtype=torch.float64).reshape(3, 1, 1)
    pixels = torch.from_numpy(picture).double().permute(2, 0, 1) / 255
    pixels = ((pixels - channel(MEAN)) / channel(STD))[None]
    x = F.conv2d(pixels, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], stride=patch)
    grid = tuple(x.shape[-2:])
    x = x.flatten(2).transpose(1, 2)
    first = 1 if "cls_token" in w else 0
    table = w["pos_embed"][:, first:]
    side = round(table.shape[1] ** 0.5)
    table = by_size(table.reshape(1, side, side, dim).permute(0, 3, 1, 2), grid)
    x = x + table.flatten(2).transpose(1, 2)
    if first:
        x = torch.cat([w["cls_token"] + w["pos_embed"][:, :1], x], 1)
    out, i = [], 0
    while f"blocks.{i}.norm1.weight" in w:
        qkv = linear(norm(x, f"blocks.{i}.norm1"), f"blocks.{i}.attn.qkv")
        split = lambda t: t.reshape(1, -1, heads, dim // heads).transpose(1, 2)
        q, k, v = map(split, qkv.chunk(3, -1))
        scores = q @ k.transpose(-1, -2) / (dim // heads) ** 0.5
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(1, -1, dim)
        x = x + linear(mixed, f"blocks.{i}.attn.proj")
        hidden = F.gelu(linear(norm(x, f"blocks.{i}.norm2"), f"blocks.{i}.mlp.fc1"))
        x = x + linear(hidden, f"blocks.{i}.mlp.fc2")
        out.append(torch.stack([t[0, first:] for t in (*qkv.chunk(3, -1), x)]))
        i += 1
    return torch.stack(out).float().numpy()


torch.manual_seed(0)
os.makedirs(OUT, exist_ok=True)
grids = positions()
pictures = torch.randint(0, 256, (2, 12, 20, 3), dtype=torch.uint8).numpy()
save("pictures", pictures)
for name, dim, class_token, dtype in [
    ("vit_class", 32, True, torch.float16),
    ("vit_plain", 16, False, torch.float32),
]:
    weights = random_vit(dim, 2, 4, 3, class_token, dtype)
    write_safetensors(name, weights, {"heads": "2", "made": "tools/make_model_goldens.py"})
    save(name, features(weights, pictures[0], heads=2))
with open(f"{OUT}/goldens.json", "w") as file:
    versions = {"torch": torch.__version__, "numpy": np.__version__}
    json.dump({"versions": versions, "seed": 0, "grids": grids}, file)
    file.write("\n")
