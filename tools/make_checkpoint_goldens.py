"""Small random checkpoints in every published layout, and the features of pictures under them.

Made once, outside CI: /usr/bin/python3 tools/make_checkpoint_goldens.py (torch, numpy, Pillow)
Writes fixtures/checkpoints; README.md there says what each file holds. The networks below are
written from the papers, the names of their parameters are those of the releases.
"""
import argparse
import copy
import json
import math
import os
import struct
import zlib
from collections import OrderedDict

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

OUT = "fixtures/checkpoints"
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
DIM = 64  # one head, unless a golden says otherwise
# Relative to the largest value of a golden: what the test allows, and what a mistake must exceed.
TOLERANCE, MISTAKE = 2e-5, 1e-3


# ---------------------------------------------------------------------------- vision transformer


class Attention(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)

    def forward(self, x, heads):
        images, tokens, dim = x.shape
        split = self.qkv(x).reshape(images, tokens, 3, heads, dim // heads)
        q, k, v = split.permute(2, 0, 3, 1, 4)
        weights = (q @ k.transpose(-2, -1) / math.sqrt(dim // heads)).softmax(-1)
        return self.proj((weights @ v).transpose(1, 2).reshape(images, tokens, dim))


class Mlp(nn.Module):
    def __init__(self, dim, hidden):
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, dim, hidden=None):
        super().__init__()
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, hidden or 4 * dim)

    def forward(self, x, heads):
        x = x + self.attn(self.norm1(x), heads)
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, patch, dim):
        super().__init__()
        self.proj = nn.Conv2d(3, dim, patch, stride=patch)


class ViT(nn.Module):
    """`state_dict()` has the names and the order of DINO, MAE, MSN and MoCo v3."""

    def __init__(self, *, dim=DIM, depth=1, patch=4, side=4, class_token=True, final_norm=True):
        super().__init__()
        if class_token:
            self.cls_token = nn.Parameter(torch.zeros(1, 1, dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, side * side + class_token, dim))
        self.patch_embed = PatchEmbed(patch, dim)
        self.blocks = nn.ModuleList(Block(dim) for _ in range(depth))
        if final_norm:
            self.norm = nn.LayerNorm(dim, eps=1e-6)

    def keys(self, pixels, positions, heads):
        """[patches, dim]: of the last block: the middle third of its qkv, no class token."""
        x = self.patch_embed.proj(pixels)
        grid = x.shape[-2:]
        x = x.flatten(2).transpose(1, 2)
        first = 1 if hasattr(self, "cls_token") else 0
        table = self.pos_embed[:, first:]
        dim, side = table.shape[-1], math.isqrt(table.shape[1])
        table = table.reshape(1, side, side, dim).permute(0, 3, 1, 2)
        x = x + positions(table, grid).flatten(2).transpose(1, 2)
        if first:
            x = torch.cat([self.cls_token + self.pos_embed[:, :1], x], 1)
        for block in self.blocks[:-1]:
            x = block(x, heads)
        last = self.blocks[-1]
        qkv = last.attn.qkv
        keys = F.linear(last.norm1(x), qkv.weight[dim:2 * dim], qkv.bias[dim:2 * dim])
        return keys[0, first:]


def by_size(table, grid):
    return F.interpolate(table, size=grid, mode="bicubic", align_corners=False)


def by_scale(table, grid):
    """DINO's and SelfPatch's: the scale factor itself sets the coordinates."""
    side = table.shape[-1]
    rows, columns = grid
    if rows * columns == side * side and rows == columns:
        return table
    rows, columns = rows + 0.1, columns + 0.1
    scale = (rows / math.sqrt(side * side), columns / math.sqrt(side * side))
    out = F.interpolate(table, scale_factor=scale, mode="bicubic")
    assert out.shape[-2:] == grid
    return out


RULES = {"size": by_size, "scale+0.1": by_scale}


def waves(index, dim):
    """[len(index), 2 dim]: sines, then cosines, of `dim` frequencies each."""
    frequencies = 10000.0 ** (-torch.arange(dim, dtype=torch.float64) / dim)
    angles = index.double()[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], 1)


def sincos_table(side, dim, order):
    """[1, 1 + side², dim]; MAE has the waves of the column first, MoCo v3 those of the row."""
    rows = torch.arange(side).repeat_interleave(side)
    columns = torch.arange(side).repeat(side)
    first, second = {"mae": (columns, rows), "moco-v3": (rows, columns)}[order]
    table = torch.cat([waves(first, dim // 4), waves(second, dim // 4)], 1)
    return torch.cat([torch.zeros(1, dim, dtype=torch.float64), table])[None].float()


# ---------------------------------------------------------------------------- residual network


class Bottleneck(nn.Module):
    """The stride is in the 3 × 3 convolution."""

    def __init__(self, inner, width, stride, dilation):
        super().__init__()
        self.conv1 = nn.Conv2d(inner, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, dilation, dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        if stride > 1 or inner != 4 * width:
            self.downsample = nn.Sequential(
                nn.Conv2d(inner, 4 * width, 1, stride, bias=False), nn.BatchNorm2d(4 * width))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


class ResNet(nn.Module):
    """torchvision's names; `dilate` trades the stride of layer4 for dilation, as torchvision does:
    the first block of the stage keeps the dilation of the stage before, the others have 2."""

    def __init__(self, width=4, blocks=(1, 1, 1, 2), dilate=False, classes=0):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inner = width
        for stage, count in enumerate(blocks):
            planes = width * 2**stage
            dilated = dilate and stage == 3
            layer = []
            for block in range(count):
                stride = 2 if block == 0 and stage > 0 and not dilated else 1
                dilation = 2 if dilated and block > 0 else 1
                layer.append(Bottleneck(inner, planes, stride, dilation))
                inner = 4 * planes
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layer))
        if classes:
            self.fc = nn.Linear(inner, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return x


# ---------------------------------------------------------------------------- random weights


def randomise(module, table=None):
    """No bias is zero, no scale is one, so that a forgotten parameter shows."""
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, (nn.Linear, nn.Conv2d)):
                inner = part.weight[0].numel()
                part.weight.copy_(1.5 * torch.randn_like(part.weight) / inner**0.5)
                if part.bias is not None:
                    part.bias.copy_(0.3 * torch.randn_like(part.bias))
            elif isinstance(part, (nn.LayerNorm, nn.BatchNorm1d, nn.BatchNorm2d)):
                if part.weight is not None:
                    part.weight.copy_(1 + 0.2 * torch.randn_like(part.weight))
                    part.bias.copy_(0.2 * torch.randn_like(part.bias))
                if hasattr(part, "running_mean"):
                    part.running_mean.copy_(0.3 * torch.randn_like(part.running_mean))
                    part.running_var.copy_(0.5 + torch.rand_like(part.running_var))
                    part.num_batches_tracked.fill_(1000)
        for name, parameter in module.named_parameters():
            if name in ("cls_token", "pos_embed"):  # a trained table has about this amplitude
                parameter.copy_(0.3 * torch.randn_like(parameter))
        if table is not None:
            module.pos_embed.copy_(table)
    return module.eval()


FAINT = 0.005  # tokens of variance 1e-4 or less, against which a norm's epsilon of 1e-6 counts


@torch.no_grad()
def vit(table=None, dtype=torch.float32, **shape):
    model = randomise(ViT(**shape), table)
    if table is None and len(model.blocks) == 1:
        for name, parameter in model.named_parameters():
            if name.startswith(("cls_token", "pos_embed", "patch_embed.")):
                parameter *= FAINT
    return model.to(dtype)


@torch.no_grad()
def resnet(dtype=torch.float32, **shape):
    """Channel 0 of each convolution is faint, so that the epsilon of its norm shows."""
    model = randomise(ResNet(**shape))
    parts = dict(model.named_modules())
    for name, norm in parts.items():
        if isinstance(norm, nn.BatchNorm2d):
            conv = parts[name.replace("bn", "conv").replace("downsample.1", "downsample.0")]
            conv.weight[0] *= 0.03
            norm.running_mean[0] *= 0.03
            norm.running_var[0] *= 0.03**2
    return model.to(dtype)


def prefixed(prefix, *states):
    return OrderedDict((prefix + key, value) for state in states for key, value in state.items())


def tie(model, other):
    """Lets two encoders of a file share what never reaches the keys, which torch writes once."""
    mine, theirs = model.blocks[-1], other.blocks[-1]
    theirs.attn.proj, theirs.norm2, theirs.mlp = mine.attn.proj, mine.norm2, mine.mlp


def head_state(name, dtype):
    """Stand-ins of a few numbers under the names of the releases' heads."""
    mlp = lambda *sizes: [layer for a, b in zip(sizes, sizes[1:])
                          for layer in (nn.Linear(a, b), nn.GELU())][:-1]
    norm = nn.BatchNorm1d
    heads = {
        "dino": {"mlp": nn.Sequential(*mlp(DIM, 8, 8, 4)),
                 "last_layer": nn.utils.weight_norm(nn.Linear(4, 6, bias=False))},
        "moco-v3": nn.Sequential(
            nn.Linear(DIM, 8, bias=False), norm(8), nn.ReLU(), nn.Linear(8, 8, bias=False),
            norm(8), nn.ReLU(), nn.Linear(8, 4, bias=False), norm(4, affine=False)),
        "predictor": nn.Sequential(nn.Linear(4, 8, bias=False), norm(8), nn.ReLU(),
                                   nn.Linear(8, 4, bias=False), norm(4, affine=False)),
        "msn": {"fc1": nn.Linear(DIM, 8), "bn1": norm(8), "fc2": nn.Linear(8, 8), "bn2": norm(8),
                "fc3": nn.Linear(8, 4)},
        "densecl": {"mlp": nn.Sequential(nn.Linear(128, 8), nn.ReLU(), nn.Linear(8, 4)),
                    "mlp2": nn.Sequential(nn.Conv2d(128, 8, 1), nn.ReLU(), nn.Conv2d(8, 4, 1))},
    }
    head = heads[name]
    head = nn.ModuleDict(head) if isinstance(head, dict) else head
    return randomise(head).to(dtype).state_dict()


def class_attention_state(dtype):
    """SelfPatch's training head, where its class token lives."""
    blocks = [Block(DIM, hidden=8) for _ in range(2)]
    for block in blocks:
        parts = {name: nn.Linear(DIM, DIM) for name in "qkv"}
        block.attn = nn.ModuleDict({**parts, "proj": nn.Linear(DIM, DIM)})
    head = nn.ModuleDict({"cls_blocks": nn.ModuleList(blocks), "norm": nn.LayerNorm(DIM)})
    state = prefixed("", {"cls_token": torch.randn(1, 1, DIM)}, randomise(head).state_dict())
    return {key: value.to(dtype) for key, value in state.items()}


def adamw_state():
    """The state of a real optimiser after one step, over two small parameters."""
    parameters = [nn.Parameter(torch.randn(3, 4)), nn.Parameter(torch.randn(4))]
    optimiser = torch.optim.AdamW(parameters, lr=1e-4)
    sum(parameter.square().sum() for parameter in parameters).backward()
    optimiser.step()
    return optimiser.state_dict()


SCALER = {"scale": 65536.0, "growth_factor": 2.0, "backoff_factor": 0.5, "growth_interval": 2000,
          "_growth_tracker": 7}


# ---------------------------------------------------------------------------- files


def huggingface_names(state, layer="encoder.layer", blocks="blocks", prefix=""):
    """Hugging Face's names for a state dict in DINO's; queries, keys and values are three."""
    fixed = {
        "cls_token": "embeddings.cls_token",
        "pos_embed": "embeddings.position_embeddings",
        "patch_embed.proj": "embeddings.patch_embeddings.projection",
        "norm": "layernorm",
    }
    inside = {
        "norm1": "layernorm_before",
        "attn.proj": "attention.output.dense",
        "norm2": "layernorm_after",
        "mlp.fc1": "intermediate.dense",
        "mlp.fc2": "output.dense",
    }
    out = {}
    for key, value in state.items():
        if key in fixed:
            out[prefix + fixed[key]] = value
            continue
        name, kind = key.rsplit(".", 1)
        if not name.startswith(f"{blocks}."):
            out[f"{prefix}{fixed[name]}.{kind}"] = value
            continue
        _, i, name = name.split(".", 2)
        if name == "attn.qkv":
            for part, rows in zip(("query", "key", "value"), value.chunk(3)):
                out[f"{prefix}{layer}.{i}.attention.attention.{part}.{kind}"] = rows
        else:
            out[f"{prefix}{layer}.{i}.{inside[name]}.{kind}"] = value
    return out


def write_safetensors(name, tensors):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for key in sorted(tensors):
        tensor = tensors[key].contiguous()
        dtype = {torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32"}[tensor.dtype]
        bits = torch.int32 if dtype == "F32" else torch.int16  # numpy has no bfloat16
        part = tensor.detach().view(bits).numpy().tobytes()
        offsets = [len(data), len(data) + len(part)]
        header[key] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": offsets}
        data += part
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(f"{OUT}/{name}", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_torch(name, content, legacy=False):
    torch.save(content, f"{OUT}/{name}", _use_new_zipfile_serialization=not legacy)


def picture(height, width):
    """Smooth colour noise, written once as PNG; `[1, 3, height, width]` f64, normalised."""
    path = f"{OUT}/{height}x{width}.png"
    if not os.path.exists(path):
        noise = torch.Generator().manual_seed(1000 * height + width)
        small = torch.randn(1, 3, height // 4 + 1, width // 4 + 1, generator=noise)
        smooth = F.interpolate(small, size=(height, width), mode="bicubic", align_corners=True)[0]
        levels = (128 + 64 * smooth).clamp(0, 255).round().byte()
        Image.fromarray(levels.permute(1, 2, 0).numpy()).save(path, optimize=True)
    levels = torch.from_numpy(np.array(Image.open(path))).double() / 255
    normed = (levels - torch.tensor(MEAN).double()) / torch.tensor(STD).double()
    return normed.permute(2, 0, 1)[None]


# ---------------------------------------------------------------------------- goldens

goldens = []


def save_features(file, hints, size, features):
    words = [str(value) if isinstance(value, str) else f"{name}_{value}".lower()
             for name, value in hints.items()]
    name = "_".join([file.split(".")[0], *words, f"{size[0]}x{size[1]}.npy"])
    np.save(f"{OUT}/{name}", np.ascontiguousarray(features.float().numpy()))
    return {"picture": f"{size[0]}x{size[1]}.png", "features": name}


def add_golden(file, hints, found, guessed, patch, positions, cases):
    goldens.append({"file": file, "hints": hints, "release": found[0], "encoder": found[1],
                    "guessed": guessed, "patch": patch, "positions": positions, "cases": cases})


def add_vit(file, model, found, rule, grids=((4, 4), (5, 7), (2, 8)), guessed=False, **hints):
    """2 × 8 has as many patches as the table of 4 × 4 but is not square: both rules resample."""
    patch = model.patch_embed.proj.kernel_size[0]
    model = copy.deepcopy(model).double()  # of the numbers as the file has them
    heads = hints.get("heads")
    cases = []
    for rows, columns in grids:
        size = (rows * patch, columns * patch)
        keys = keys_of(model, size, rule, heads)
        refuse_weak(model, size, rule, heads, keys)
        cases.append(save_features(file, hints, size, keys))
    add_golden(file, hints, found, guessed, patch, rule, cases)


@torch.no_grad()
def keys_of(model, size, rule, heads=None):
    return model.keys(picture(*size), RULES[rule], heads or model.pos_embed.shape[-1] // 64)


@torch.no_grad()
def refuse_weak(model, size, rule, heads, keys):
    """Stops when a golden would not show a forgotten parameter or a wrong constant."""
    other = {"size": "scale+0.1", "scale+0.1": "size"}[rule]
    if size[0] != size[1]:
        demand("the other rule of positions", keys, keys_of(model, size, other, heads))
    last = f"blocks.{len(model.blocks) - 1}."
    unused = [last + "attn.proj", last + "norm2", last + "mlp", "norm."]
    if len(model.blocks) == 1:
        unused.append("cls_token")  # it meets the patches in attention
    demand_all(model, unused, keys, lambda: keys_of(model, size, rule, heads))
    if model.pos_embed.abs().max() < 10 * FAINT:
        demand_epsilon(model, 1e-12, keys, lambda: keys_of(model, size, rule, heads))


def demand(what, expected, others):
    off = (others - expected).abs().max() / expected.abs().max()
    assert off > MISTAKE, f"{what} moves the features by {off:.1e} only"


@torch.no_grad()
def demand_all(model, unused, expected, compute):
    """Every parameter counts: scales are put to one, all others to zero."""
    for name, tensor in model.state_dict().items():
        if name.startswith(tuple(unused)) or tensor.ndim == 0:
            continue
        kept = tensor.clone()
        scale = name.endswith("running_var") or (name.endswith(".weight") and tensor.ndim == 1)
        tensor.fill_(1 if scale else 0)
        demand(f"without {name} it", expected, compute())
        tensor.copy_(kept)


def demand_epsilon(model, epsilon, expected, compute):
    norms = [part for part in model.modules() if hasattr(part, "eps")]
    kept = norms[0].eps
    for norm in norms:
        norm.eps = epsilon
    demand(f"epsilon {epsilon}", expected, compute())
    for norm in norms:
        norm.eps = kept


@torch.no_grad()
def add_resnet(file, model, found, sizes, dilate=False, enlarge=1, **hints):
    """`enlarge` is PyTorch's bilinear, half-pixel centres; `dilate` is on top of it."""
    blocks = [len(getattr(model, f"layer{i}")) for i in (1, 2, 3, 4)]
    classes = model.fc.out_features if hasattr(model, "fc") else 0
    net = ResNet(model.conv1.out_channels, blocks, dilate, classes).double().eval()
    net.load_state_dict(model.state_dict())
    hints.update({"dilate": True} if dilate else {}, **({"enlarge": 2} if enlarge == 2 else {}))
    cases = []
    for size in sizes:
        pixels = F.interpolate(picture(*size), scale_factor=enlarge, mode="bilinear",
                               align_corners=False)
        compute = lambda: net(pixels)[0].flatten(1).T
        features = compute()
        demand_all(net, ["fc."], features, compute)
        demand_epsilon(net, 1e-6, features, compute)
        cases.append(save_features(file, hints, size, features))
    add_golden(file, hints, found, False, (16 if dilate else 32) // enlarge, None, cases)


# ---------------------------------------------------------------------------- releases


def dino():
    flat = vit(depth=2, patch=16)
    write_torch("dino_flat.pth", flat.state_dict())
    add_vit("dino_flat.pth", flat, ("dino", "backbone"), "scale+0.1")
    add_vit("dino_flat.pth", flat, ("dino", "backbone"), "scale+0.1", ((5, 7),), heads=2)

    eight = vit(patch=8, dtype=torch.float16)
    write_torch("dino_vits8.pth", eight.state_dict())
    add_vit("dino_vits8.pth", eight, ("dino", "backbone"), "scale+0.1")

    student, teacher = vit(), vit()
    tie(student, teacher)
    head = head_state("dino", torch.float32)
    wrapped = lambda model: prefixed("", prefixed("backbone.", model.state_dict()),
                                     prefixed("head.", head))
    write_torch("dino_full.pth", {
        "student": prefixed("module.", wrapped(student)),
        "teacher": wrapped(teacher),
        "optimizer": adamw_state(),
        "epoch": 400,
        "args": argparse.Namespace(arch="vit_base", patch_size=16, out_dim=65536, lr=0.00075,
                                   global_crops_scale=(0.25, 1.0), use_fp16=False, gpu=0),
        "dino_loss": OrderedDict(center=torch.randn(1, 6)),
        "fp16_scaler": SCALER,
    })
    add_vit("dino_full.pth", teacher, ("dino", "teacher"), "scale+0.1")
    add_vit("dino_full.pth", student, ("dino", "student"), "scale+0.1", encoder="student")


def mae():
    table = sincos_table(4, DIM, "mae")
    model = vit(table)
    write_torch("mae.pth", {"model": model.state_dict()}, legacy=True)
    add_vit("mae.pth", model, ("mae", "encoder"), "size")

    model = vit(table, torch.float16)
    write_torch("mae_pretrain_full.pth", {
        "model": prefixed("", model.state_dict(), mae_decoder(torch.float16)),
        "optimizer": adamw_state(),
        "epoch": 799,
        "scaler": SCALER,
        "args": argparse.Namespace(model="mae_vit_base_patch16", mask_ratio=0.75, blr=0.00015),
    })
    add_vit("mae_pretrain_full.pth", model, ("mae", "encoder"), "size")


def mae_decoder(dtype, width=16):
    decoder = nn.ModuleDict({
        "decoder_embed": nn.Linear(DIM, width),
        "decoder_blocks": nn.ModuleList([Block(width)]),
        "decoder_norm": nn.LayerNorm(width),
        "decoder_pred": nn.Linear(width, 48),
    })
    first = {"mask_token": torch.randn(1, 1, width),
             "decoder_pos_embed": sincos_table(4, width, "mae")}
    state = prefixed("", first, randomise(decoder).state_dict())
    return {key: value.to(dtype) for key, value in state.items()}


def msn():
    encoder, target = vit(dtype=torch.float16), vit(dtype=torch.float16)
    tie(encoder, target)
    wrapped = lambda model: prefixed("module.", model.state_dict(),
                                     prefixed("fc.", head_state("msn", torch.float16)))
    write_torch("msn.pth.tar", {
        "encoder": wrapped(encoder),
        "opt": adamw_state(),
        "prototypes": torch.randn(6, 4),
        "target_encoder": wrapped(target),
        "epoch": 600,
        "loss": 2.25,
        "batch_size": 32,
        "world_size": 32,
        "lr": 0.001,
        "temperature": 0.1,
    })
    add_vit("msn.pth.tar", target, ("msn", "target"), "size")
    add_vit("msn.pth.tar", encoder, ("msn", "encoder"), "size", encoder="encoder")


def moco_v3():
    table = sincos_table(4, DIM, "moco-v3")
    base, momentum = vit(table, torch.float16), vit(table, torch.float16)
    tie(base, momentum)
    wrapped = lambda model: prefixed("", model.state_dict(),
                                     prefixed("head.", head_state("moco-v3", torch.float16)))
    write_torch("moco_v3.pth.tar", {
        "epoch": 300,
        "arch": "vit_base",
        "state_dict": prefixed(
            "module.", prefixed("base_encoder.", wrapped(base)),
            prefixed("momentum_encoder.", wrapped(momentum)),
            prefixed("predictor.", head_state("predictor", torch.float16))),
        "optimizer": adamw_state(),
        "scaler": SCALER,
    }, legacy=True)
    add_vit("moco_v3.pth.tar", base, ("moco-v3", "base"), "size")
    add_vit("moco_v3.pth.tar", momentum, ("moco-v3", "momentum"), "size", encoder="momentum")


def selfpatch():
    plain = {"class_token": False, "final_norm": False, "dtype": torch.float16}
    flat = vit(depth=2, side=14, **plain)
    write_torch("selfpatch.pth", flat.state_dict())
    add_vit("selfpatch.pth", flat, ("selfpatch", "backbone"), "scale+0.1",
            grids=((14, 14), (5, 7), (2, 8)))

    student, teacher = vit(**plain), vit(**plain)
    tie(student, teacher)
    heads = [prefixed("ca_head.", class_attention_state(torch.float16)),
             prefixed("c_head.", head_state("dino", torch.float16)),
             prefixed("p_head.", head_state("dino", torch.float16))]
    wrapped = lambda model: prefixed("", prefixed("backbone.", model.state_dict()), *heads)
    write_torch("selfpatch_training.pth", {
        "student": prefixed("module.", wrapped(student)),
        "teacher": wrapped(teacher),
        "optimizer": adamw_state(),
        "epoch": 200,
        "args": argparse.Namespace(arch="vit_small", patch_size=16, k_num=4),
        "dino_loss": OrderedDict(center=torch.randn(1, 6), patch_center=torch.randn(1, 6)),
        "fp16_scaler": SCALER,
    })
    add_vit("selfpatch_training.pth", teacher, ("selfpatch", "teacher"), "scale+0.1")
    add_vit("selfpatch_training.pth", student, ("selfpatch", "student"), "scale+0.1",
            encoder="student")


def huggingface():
    """Their names say MAE by its decoder. Nothing tells DINO, MSN and others apart: without a hint
    a bare model is taken for DINO's, any other for a plain transformer, and that is said."""
    def add(file, model, found, rule, rest=(), prefix="", guessed=True):
        write_safetensors(file, {**huggingface_names(model.state_dict(), prefix=prefix),
                                 **dict(rest)})
        add_vit(file, model, found, rule, guessed=guessed)

    half, plain = torch.float16, ("timm", "backbone")
    model = vit(depth=2, dtype=half)
    pooler = randomise(nn.Linear(DIM, DIM)).half().state_dict()
    file = "huggingface_vit.safetensors"
    add(file, model, plain, "size", prefixed("pooler.dense.", pooler))
    add_vit(file, model, ("dino", "backbone"), "scale+0.1", ((5, 7),), release="dino")

    model = vit(dtype=torch.bfloat16)
    file = "huggingface_vit_plain.safetensors"
    add(file, model, ("dino", "backbone"), "scale+0.1")
    add_vit(file, model, plain, "size", ((5, 7),), release="timm")

    model = vit(dtype=half)
    file = "huggingface_msn.safetensors"
    add(file, model, plain, "size", prefix="vit.")
    add_vit(file, model, ("msn", "encoder"), "size", ((5, 7),), release="msn")

    decoder = mae_decoder(half)
    blocks = {key: value for key, value in decoder.items() if key.startswith("decoder_blocks.")}
    rest = {key: value for key, value in decoder.items() if key not in blocks}
    layers = huggingface_names(blocks, layer="decoder_layers", blocks="decoder_blocks")
    add("huggingface_mae.safetensors", vit(sincos_table(4, DIM, "mae"), dtype=half),
        ("mae", "encoder"), "size", prefixed("decoder.", rest, layers), "vit.", guessed=False)


def densecl():
    model = resnet()
    write_torch("densecl.pth", {"state_dict": dict(model.state_dict()), "author": "DenseCL"})
    found = ("densecl", "backbone")
    add_resnet("densecl.pth", model, found, [(64, 64), (64, 96), (32, 128)])
    add_resnet("densecl.pth", model, found, [(64, 64), (64, 96), (32, 128)], dilate=True)
    add_resnet("densecl.pth", model, found, [(64, 96)], enlarge=2)

    query, key = resnet(torch.float16), resnet(torch.float16)
    neck = head_state("densecl", torch.float16)
    encoder = lambda model: prefixed("", prefixed("0.", model.state_dict()), prefixed("1.", neck))
    counter = torch.zeros(1, dtype=torch.int64)
    write_torch("densecl_training.pth", {
        "meta": {"epoch": 200, "iter": 1000000, "time": "Thu Nov 19 2020"},
        "state_dict": prefixed(
            "", {"queue": torch.randn(4, 16), "queue_ptr": counter, "queue2": torch.randn(4, 16),
                 "queue2_ptr": counter.clone()},
            prefixed("encoder_q.", encoder(query)), prefixed("encoder_k.", encoder(key)),
            prefixed("backbone.", query.state_dict())),
        "optimizer": adamw_state(),
    }, legacy=True)
    add_resnet("densecl_training.pth", query, found, [(64, 96)])
    add_resnet("densecl_training.pth", key, ("densecl", "momentum"), [(64, 96)],
               encoder="momentum")

    model = resnet(torch.float16, classes=5)
    write_torch("torchvision.pth", model.state_dict())
    add_resnet("torchvision.pth", model, ("torchvision", "backbone"), [(64, 64)])


def main():
    os.makedirs(OUT, exist_ok=True)
    for make in (dino, mae, msn, moco_v3, selfpatch, huggingface, densecl):
        torch.manual_seed(zlib.crc32(make.__name__.encode()))
        make()
    with open(f"{OUT}/goldens.json", "w") as file:
        versions = {"torch": torch.__version__, "numpy": np.__version__}
        record = {"versions": versions, "tolerance": TOLERANCE, "goldens": goldens}
        json.dump(record, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
