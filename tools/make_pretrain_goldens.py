#!/usr/bin/env python3
"""Writes fixtures/pretrain/: steps of small pretrainings by autograd in float64.

mae.json is of a masked autoencoder, dino.json of self-distillation with a teacher that follows.

Run once with Debian 12's python3 (torch); CI only reads the result.
    /usr/bin/python3 tools/make_pretrain_goldens.py
Networks and losses are written down plainly, apart from the code they check. Arrays are little-endian
f32 or bytes in base64. Parameters lie as the product has them: linear layers [from, to].
"""

import base64
import json
import math
import platform
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).parent.parent / "fixtures" / "pretrain"
VIT = {"dim": 8, "depth": 2, "heads": 2, "patch": 4, "span": 12, "amplitude": 0.7, "epsilon": 1e-6}
DECODER = {"dim": 4, "depth": 1, "heads": 1}
FLOOR = 1e-3
ADAM_W = {"rate": 0.01, "betas": [0.9, 0.95], "weightDecay": 0.05, "clip": 0.5}
RATES = [0.002, 0.01, 0.005]
MAE_GRID = (4, 3)
HEAD = {"hidden": 8, "bottleneck": 4, "prototypes": 8}
STUDENT_TEMPERATURE = 0.1
TEACHER_TEMPERATURES = [0.04, 0.035, 0.03]
TEACHER_KEEPS = [0.9, 0.95, 0.99]
FROZEN = 1
CROPS = {"crops": ((3, 3), 2), "localCrops": ((2, 2), 3)}  # grid and number of a picture
IMAGES = 3


def encode(values, kind="<f4") -> str:
    return base64.b64encode(np.asarray(values).astype(kind).tobytes()).decode()


def stored(tensors: dict[str, torch.Tensor]) -> dict:
    return {
        name: {"shape": list(tensor.shape), "values": encode(tensor.detach())}
        for name, tensor in tensors.items()
    }


class Parameters(dict):
    """Wide starts, so that every parameter matters at once."""

    def __init__(self, seed: int):
        super().__init__()
        self.rng = np.random.default_rng(seed)

    def add(self, name: str, *shape: int, mean=0.0, deviation=0.3) -> None:
        values = (mean + deviation * self.rng.standard_normal(shape)).astype(np.float32)
        self[name] = torch.tensor(values.astype(np.float64), requires_grad=True)

    def linear(self, name: str, come: int, to: int) -> None:
        self.add(f"{name}.weight", come, to, deviation=1 / math.sqrt(come))
        self.add(f"{name}.bias", to)

    def norm(self, name: str, dim: int) -> None:
        self.add(f"{name}.weight", dim, mean=1)
        self.add(f"{name}.bias", dim)

    def block(self, name: str, dim: int) -> None:
        self.norm(f"{name}.norm1", dim)
        self.linear(f"{name}.attn.qkv", dim, 3 * dim)
        self.linear(f"{name}.attn.proj", dim, dim)
        self.norm(f"{name}.norm2", dim)
        self.linear(f"{name}.mlp.fc1", dim, 4 * dim)
        self.linear(f"{name}.mlp.fc2", 4 * dim, dim)

    def encoder(self) -> None:
        self.linear("encoder.patch_embed.proj", 3 * VIT["patch"] ** 2, VIT["dim"])
        self.add("encoder.cls_token", 1, VIT["dim"])
        for i in range(VIT["depth"]):
            self.block(f"encoder.blocks.{i}", VIT["dim"])
        self.norm("encoder.norm", VIT["dim"])


def linear(p: dict, name: str, x: torch.Tensor) -> torch.Tensor:
    return x @ p[f"{name}.weight"] + p[f"{name}.bias"]


def norm(p: dict, name: str, x: torch.Tensor) -> torch.Tensor:
    shape = x.shape[-1:]
    return F.layer_norm(x, shape, p[f"{name}.weight"], p[f"{name}.bias"], VIT["epsilon"])


def block(p: dict, name: str, x: torch.Tensor, heads: int) -> torch.Tensor:
    images, tokens, dim = x.shape
    qkv = linear(p, f"{name}.attn.qkv", norm(p, f"{name}.norm1", x))
    q, k, v = qkv.view(images, tokens, 3, heads, dim // heads).permute(2, 0, 3, 1, 4)
    weights = (q @ k.mT / math.sqrt(dim // heads)).softmax(-1)
    mixed = (weights @ v).transpose(1, 2).reshape(images, tokens, dim)
    x = x + linear(p, f"{name}.attn.proj", mixed)
    hidden = F.gelu(linear(p, f"{name}.mlp.fc1", norm(p, f"{name}.norm2", x)))
    return x + linear(p, f"{name}.mlp.fc2", hidden)


def positions(grid: tuple[int, int], dim: int, amplitude: float) -> torch.Tensor:
    frequency = 10000.0 ** (-torch.arange(dim // 4, dtype=torch.float64) / (dim // 4))
    rows = []
    for row in range(grid[0]):
        for column in range(grid[1]):
            y = (row + 0.5) / grid[0] * VIT["span"] * frequency
            x = (column + 0.5) / grid[1] * VIT["span"] * frequency
            rows.append(torch.cat([y.sin(), y.cos(), x.sin(), x.cos()]))
    return amplitude * torch.stack(rows)


def patches(rgb: np.ndarray) -> torch.Tensor:
    """[images, patches, channel · y · x] of bytes [images, height, width, 3], from -1 to 1."""
    side = VIT["patch"]
    x = torch.tensor(rgb / 127.5 - 1, dtype=torch.float64)
    images, height, width, _ = x.shape
    x = x.view(images, height // side, side, width // side, side, 3)
    return x.permute(0, 1, 3, 5, 2, 4).reshape(images, -1, 3 * side * side)


def encoded(p: dict, tokens: torch.Tensor) -> torch.Tensor:
    images = tokens.shape[0]
    x = torch.cat([p["encoder.cls_token"].expand(images, 1, -1), tokens], 1)
    for i in range(VIT["depth"]):
        x = block(p, f"encoder.blocks.{i}", x, VIT["heads"])
    return norm(p, "encoder.norm", x)


def mae_loss(p: dict, rgb: np.ndarray, visible: np.ndarray) -> torch.Tensor:
    pixels = patches(rgb)
    images, count, _ = pixels.shape
    tokens = linear(p, "encoder.patch_embed.proj", pixels)
    tokens = tokens + positions(MAE_GRID, VIT["dim"], VIT["amplitude"])
    seen = torch.stack([tokens[i, visible[i]] for i in range(images)])
    features = linear(p, "decoder.embed", encoded(p, seen))
    rows = []
    for i in range(images):
        row = p["decoder.mask_token"].expand(count, -1).clone()
        row[visible[i]] = features[i, 1:]
        rows.append(torch.cat([features[i, :1], row + positions(MAE_GRID, DECODER["dim"], 1)]))
    x = torch.stack(rows)
    for i in range(DECODER["depth"]):
        x = block(p, f"decoder.blocks.{i}", x, DECODER["heads"])
    predicted = linear(p, "decoder.out", norm(p, "decoder.norm", x))[:, 1:]
    deviation = (pixels.var(-1, unbiased=True, keepdim=True) + FLOOR).sqrt()
    wanted = (pixels - pixels.mean(-1, keepdim=True)) / deviation
    hidden = torch.ones(images, count, dtype=torch.bool)
    for i in range(images):
        hidden[i, visible[i]] = False
    return ((predicted - wanted) ** 2).mean(-1)[hidden].mean()


def optimiser(tensors) -> torch.optim.AdamW:
    groups = [
        {"params": [t for t in tensors if t.ndim > 1], "weight_decay": ADAM_W["weightDecay"]},
        {"params": [t for t in tensors if t.ndim == 1], "weight_decay": 0},
    ]
    return torch.optim.AdamW(groups, lr=ADAM_W["rate"], betas=ADAM_W["betas"], eps=1e-8)


def pictures(rng: np.random.Generator, images: int, height: int, width: int) -> np.ndarray:
    return rng.integers(0, 256, (images, height, width, 3), dtype=np.uint8)


def mae() -> dict:
    p = Parameters(1)
    p.encoder()
    p.linear("decoder.embed", VIT["dim"], DECODER["dim"])
    p.add("decoder.mask_token", 1, DECODER["dim"])
    for i in range(DECODER["depth"]):
        p.block(f"decoder.blocks.{i}", DECODER["dim"])
    p.norm("decoder.norm", DECODER["dim"])
    p.linear("decoder.out", DECODER["dim"], 3 * VIT["patch"] ** 2)
    rng = np.random.default_rng(2)
    rgb = pictures(rng, 3, MAE_GRID[0] * VIT["patch"], MAE_GRID[1] * VIT["patch"])
    visible = np.stack([np.sort(rng.permutation(12)[:5]) for _ in range(3)])
    found = {
        "config": {"vit": VIT, "decoder": DECODER, "varianceFloor": FLOOR},
        "grid": MAE_GRID,
        "rgb": encode(rgb, "u1"),
        "visible": visible.tolist(),
        "start": stored(p),
    }
    adam = optimiser(p.values())
    losses, norms = [], []
    for step, rate in enumerate(RATES):
        loss = mae_loss(p, rgb, visible)
        adam.zero_grad()
        loss.backward()
        if step == 0:
            found["gradients"] = stored({name: tensor.grad for name, tensor in p.items()})
        for group in adam.param_groups:
            group["lr"] = rate
        norms.append(float(torch.nn.utils.clip_grad_norm_(p.values(), ADAM_W["clip"])))
        losses.append(loss.item())
        adam.step()
    return found | {
        "optimiser": ADAM_W,
        "rates": RATES,
        "losses": losses,
        "norms": norms,
        "end": stored(p),
    }


def class_tokens(p: dict, rgb: np.ndarray, grid: tuple[int, int]) -> torch.Tensor:
    tokens = linear(p, "encoder.patch_embed.proj", patches(rgb))
    return encoded(p, tokens + positions(grid, VIT["dim"], VIT["amplitude"]))[:, 0]


def cosines(p: dict, x: torch.Tensor) -> torch.Tensor:
    x = F.gelu(linear(p, "head.0", x))
    x = F.gelu(linear(p, "head.1", x))
    return F.normalize(linear(p, "head.2", x), dim=1) @ F.normalize(p["head.prototypes"], dim=1).T


def assigned(logits: torch.Tensor) -> torch.Tensor:
    """Columns and rows in turn to equal sums, three times; each row adds up to 1."""
    q = (logits - logits.max()).exp()
    for _ in range(3):
        q = q / q.sum(0)
        q = q / q.sum(1, keepdim=True)
    return q


def entropy(p: torch.Tensor) -> torch.Tensor:
    return -(p * p.log()).sum(-1)


def dino_loss(student: dict, teacher: dict, views: dict, temperature: float):
    """The loss, the mean entropy of the assignments, and the entropy of their mean."""
    with torch.no_grad():
        large = torch.cat([class_tokens(teacher, rgb, CROPS["crops"][0]) for rgb in views["crops"]])
        targets = assigned(cosines(teacher, large) / temperature)
    by_crop = targets.view(2, IMAGES, -1)
    losses = []
    for kind, rgbs in views.items():
        for i, rgb in enumerate(rgbs):
            tokens = class_tokens(student, rgb, CROPS[kind][0])
            logs = (cosines(student, tokens) / STUDENT_TEMPERATURE).log_softmax(-1)
            others = [1 - i] if kind == "crops" else [0, 1]
            losses += [-(by_crop[other] * logs).sum(-1).mean() for other in others]
    return sum(losses) / len(losses), entropy(targets).mean(), entropy(targets.mean(0))


def dino_parameters(seed: int) -> Parameters:
    p = Parameters(seed)
    p.encoder()
    widths = [VIT["dim"], HEAD["hidden"], HEAD["hidden"], HEAD["bottleneck"]]
    for i in range(3):
        p.linear(f"head.{i}", widths[i], widths[i + 1])
    p.add("head.prototypes", HEAD["prototypes"], HEAD["bottleneck"], deviation=1)
    return p


def dino() -> dict:
    p, teacher = dino_parameters(3), dino_parameters(4)
    rng = np.random.default_rng(5)
    views = {
        kind: [pictures(rng, IMAGES, *(side * VIT["patch"] for side in grid)) for _ in range(count)]
        for kind, (grid, count) in CROPS.items()
    }
    found = {
        "config": {"vit": VIT, "head": HEAD, "studentTemperature": STUDENT_TEMPERATURE},
        "images": IMAGES,
        **{
            kind: {"grid": CROPS[kind][0], "rgb": encode(np.concatenate(rgbs), "u1")}
            for kind, rgbs in views.items()
        },
        "teacherTemperatures": TEACHER_TEMPERATURES,
        "teacherKeeps": TEACHER_KEEPS,
        "frozenPrototypes": FROZEN,
        "start": stored(p),
        "teacher": stored(teacher),
    }
    adam = optimiser(p.values())
    losses, norms, monitors = [], [], []
    for step, rate in enumerate(RATES):
        loss, *entropies = dino_loss(p, teacher, views, TEACHER_TEMPERATURES[step])
        adam.zero_grad(set_to_none=True)
        loss.backward()
        if step == 0:
            found["gradients"] = stored({name: tensor.grad for name, tensor in p.items()})
        if step < FROZEN:
            p["head.prototypes"].grad = None
        for group in adam.param_groups:
            group["lr"] = rate
        norms.append(float(torch.nn.utils.clip_grad_norm_(p.values(), ADAM_W["clip"])))
        losses.append(loss.item())
        monitors.append([value.item() for value in entropies])
        adam.step()
        with torch.no_grad():
            for name, tensor in teacher.items():
                tensor.mul_(TEACHER_KEEPS[step]).add_(p[name], alpha=1 - TEACHER_KEEPS[step])
    return found | {
        "optimiser": ADAM_W,
        "rates": RATES,
        "losses": losses,
        "norms": norms,
        "monitors": monitors,
        "end": stored(p),
        "teacherEnd": stored(teacher),
    }


def main() -> None:
    torch.set_num_threads(1)
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    OUT.mkdir(exist_ok=True)
    for name, golden in {"mae": mae(), "dino": dino()}.items():
        text = json.dumps({"madeWith": versions, **golden}, separators=(",", ":"))
        (OUT / f"{name}.json").write_text(text + "\n")
        print(name, len(text), golden["losses"], golden["norms"])


main()
