"""Tiny SOLOv2 networks in the files of four programs, with what they make of a picture, in f64.

Made once, outside CI: /usr/bin/python3 tools/make_published_segmenter_goldens.py (torch, numpy)
Writes fixtures/segmenter/published; README.md there says what each file holds. The modules below
restate the architecture so that `state_dict` has the names of the program; weights are random.
"""
import json
import os
import pickle

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

OUT = "fixtures/segmenter/published"
HEIGHT, WIDTH = 64, 96
GRIDS = [40, 36, 24, 16, 12]
STEM, BLOCKS, WIDTHS, CHANNELS = 4, [1, 2, 1, 1], [4, 4, 4, 8], [8, 12, 16, 20]
PYRAMID = 4
TOWER = MASK = 32
CELL_STEP, PIXEL_STEP = 31, 3  # every so many of the kernels and of the mask features are stored
RGB_MEAN, RGB_STD = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]

CASES = {
    "freesolo": {"categories": 2, "convs": 1, "kernel": 64},
    "adelaidet": {"categories": 3, "convs": 2, "kernel": 32},
    "solo": {"categories": 5, "convs": 1, "kernel": 32},
    "mmdetection": {"categories": 1, "convs": 2, "kernel": 32},
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


class Frozen(nn.Module):
    """Batch norm as detectron2 freezes it: four buffers, no counter."""

    def __init__(self, channels):
        super().__init__()
        for name in ("weight", "bias", "running_mean", "running_var"):
            self.register_buffer(name, torch.zeros(channels))

    def forward(self, x):
        moments = (self.running_mean, self.running_var)
        return F.batch_norm(x, *moments, self.weight, self.bias, eps=1e-5)


class NormConv(nn.Conv2d):
    """A convolution that owns the norm behind it."""

    def __init__(self, inputs, outputs, size, stride=1):
        super().__init__(inputs, outputs, size, stride, size // 2, bias=False)
        self.norm = Frozen(outputs)

    def forward(self, x):
        return self.norm(super().forward(x))


class Detectron2Block(nn.Module):
    def __init__(self, inputs, width, outputs, stride, first):
        super().__init__()
        self.shortcut = NormConv(inputs, outputs, 1, stride) if inputs != outputs else nn.Identity()
        self.conv1 = NormConv(inputs, width, 1, stride if first else 1)
        self.conv2 = NormConv(width, width, 3, 1 if first else stride)
        self.conv3 = NormConv(width, outputs, 1)

    def forward(self, x):
        y = self.conv3(F.relu(self.conv2(F.relu(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class TorchvisionBlock(nn.Module):
    def __init__(self, inputs, width, outputs, stride):
        super().__init__()
        plain = {"bias": False}
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, **plain), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, **plain)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, outputs, 1, **plain), nn.BatchNorm2d(outputs)
        if inputs != outputs:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, **plain)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(F.relu(self.bn2(self.conv2(y)))))
        return F.relu(y + (self.downsample(x) if hasattr(self, "downsample") else x))


def layers_of(block):
    """The four layers, given what makes a block of inputs, width, outputs and stride."""
    layers, inputs = [], STEM
    for i, (count, width, outputs) in enumerate(zip(BLOCKS, WIDTHS, CHANNELS)):
        stride = 1 if i == 0 else 2
        rest = [block(outputs, width, outputs, 1) for _ in range(count - 1)]
        layers.append(nn.Sequential(block(inputs, width, outputs, stride), *rest))
        inputs = outputs
    return layers


class Detectron2ResNet(nn.Module):
    def __init__(self, first):
        super().__init__()
        self.stem = nn.Module()
        self.stem.conv1 = NormConv(3, STEM, 7, 2)
        for i, layer in enumerate(layers_of(lambda *sizes: Detectron2Block(*sizes, first))):
            setattr(self, f"res{i + 2}", layer)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.stem.conv1(x)), 3, 2, 1)
        maps = []
        for i in range(2, 6):
            x = getattr(self, f"res{i}")(x)
            maps.append(x)
        return maps


class TorchvisionResNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, STEM, 7, 2, 3, bias=False), nn.BatchNorm2d(STEM)
        for i, layer in enumerate(layers_of(TorchvisionBlock)):
            setattr(self, f"layer{i + 1}", layer)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        maps = []
        for i in range(1, 5):
            x = getattr(self, f"layer{i}")(x)
            maps.append(x)
        return maps


def pyramid(maps, laterals, outputs):
    """p2 to p6 of c2 to c5."""
    above, levels = None, []
    for x, lateral, output in reversed(list(zip(maps, laterals, outputs))):
        x = lateral(x)
        if above is not None:
            x = x + F.interpolate(above, scale_factor=2, mode="nearest")
        above = x
        levels.insert(0, output(x))
    return [*levels, F.max_pool2d(levels[-1], 1, stride=2)]


class Detectron2Pyramid(nn.Module):
    def __init__(self, first):
        super().__init__()
        for i, inputs in enumerate(CHANNELS):
            setattr(self, f"fpn_lateral{i + 2}", nn.Conv2d(inputs, PYRAMID, 1))
            setattr(self, f"fpn_output{i + 2}", nn.Conv2d(PYRAMID, PYRAMID, 3, padding=1))
        self.bottom_up = Detectron2ResNet(first)

    def forward(self, x):
        pick = lambda kind: [getattr(self, f"fpn_{kind}{i}") for i in range(2, 6)]
        return pyramid(self.bottom_up(x), pick("lateral"), pick("output"))


class ConvModule(nn.Module):
    """mmcv's convolution: with a group norm and a ReLU, or with a bias alone."""

    def __init__(self, inputs, outputs, size, normed=True):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=not normed)
        if normed:
            self.gn = nn.GroupNorm(32, outputs)

    def forward(self, x):
        return F.relu(self.gn(self.conv(x))) if hasattr(self, "gn") else self.conv(x)


class MmdetectionPyramid(nn.Module):
    def __init__(self):
        super().__init__()
        laterals = [ConvModule(inputs, PYRAMID, 1, normed=False) for inputs in CHANNELS]
        self.lateral_convs = nn.ModuleList(laterals)
        self.fpn_convs = nn.ModuleList(
            [ConvModule(PYRAMID, PYRAMID, 3, normed=False) for _ in CHANNELS])

    def forward(self, maps):
        return pyramid(maps, self.lateral_convs, self.fpn_convs)


def coordinates(x):
    """x, then y, from -1 to 1 behind the channels."""
    images, _, height, width = x.shape
    across = torch.linspace(-1, 1, width, dtype=x.dtype).view(1, 1, 1, width)
    down = torch.linspace(-1, 1, height, dtype=x.dtype).view(1, 1, height, 1)
    size = (images, 1, height, width)
    return torch.cat([x, across.expand(size), down.expand(size)], dim=1)


def resize(x, size):
    return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


def cells(levels, kernel_tower, kernel, category_tower, category):
    """Logits and kernels of the cells of all levels."""
    half = resize(levels[0], levels[1].shape[-2:])
    levels = [half, *levels[1:4], resize(levels[4], levels[3].shape[-2:])]
    placed = [resize(coordinates(x), (grid, grid)) for x, grid in zip(levels, GRIDS)]
    logits = [category(category_tower(x[:, :-2])) for x in placed]
    return logits, [kernel(kernel_tower(x)) for x in placed]


def mask_features(levels, branches, output):
    total = 0
    for i, (x, branch) in enumerate(zip(levels, branches)):
        total = total + branch(coordinates(x) if i == 3 else x)
    return output(total)


def branch_of(level, block):
    """Blocks of a branch of the mask features with doublings between them, by their names."""
    parts = nn.Sequential()
    for j in range(max(level, 1)):
        inputs = MASK if j > 0 else PYRAMID + 2 if level == 3 else PYRAMID
        parts.add_module(f"conv{j}", block(inputs, MASK, 3))
        if level > 0:
            doubling = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
            parts.add_module(f"upsample{j}", doubling)
    return parts


def in_a_row(inputs, outputs, size):
    """Convolution, norm and ReLU as AdelaiDet lists them."""
    conv = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)
    return nn.Sequential(conv, nn.GroupNorm(32, outputs), nn.ReLU())


class AdelaiDet(nn.Module):
    """SOLOv2 of AdelaiDet; with `free`, of FreeSOLO."""

    def __init__(self, categories, convs, kernel, free):
        super().__init__()
        self.free = free
        self.backbone = Detectron2Pyramid(first=not free)
        self.ins_head = nn.Module()
        for name, inputs in {"cate": PYRAMID, "kernel": PYRAMID + 2}.items():
            rows = [in_a_row(inputs if i == 0 else TOWER, TOWER, 3) for i in range(convs)]
            setattr(self.ins_head, f"{name}_tower", nn.Sequential(*[p for r in rows for p in r]))
        self.ins_head.cate_pred = nn.Conv2d(TOWER, categories, 3, padding=1)
        self.ins_head.kernel_pred = nn.Conv2d(TOWER, kernel, 3, padding=1)
        self.mask_head = nn.Module()
        self.mask_head.convs_all_levels = nn.ModuleList([branch_of(i, in_a_row) for i in range(4)])
        self.mask_head.conv_pred = in_a_row(MASK, kernel, 1)
        if free:
            self.ins_head.emb_pred = nn.Conv2d(TOWER, 8, 3, padding=1)
            self.register_buffer("_iter", torch.zeros(1))

    def forward(self, rgb):
        mean, std = (RGB_MEAN, RGB_STD) if self.free else (RGB_MEAN[::-1], [1, 1, 1])
        levels = self.backbone(normalised(rgb if self.free else rgb.flip(1), mean, std))
        head, mask = self.ins_head, self.mask_head
        logits, kernels = cells(levels, head.kernel_tower, head.kernel_pred, head.cate_tower,
                                head.cate_pred)
        return logits, kernels, mask_features(levels, mask.convs_all_levels, mask.conv_pred)


class Mmdetection(nn.Module):
    """SOLOv2 of its authors, with the names of mmdetection 1; or of its later versions."""

    def __init__(self, categories, convs, kernel, later):
        super().__init__()
        self.later = later
        self.backbone, self.neck = TorchvisionResNet(), MmdetectionPyramid()
        tower = lambda inputs: nn.Sequential(
            *[ConvModule(inputs if i == 0 else TOWER, TOWER, 3) for i in range(convs)])
        head, mask = nn.Module(), nn.Module()
        names = ("cls_convs", "conv_cls", "conv_kernel") if later else (
            "cate_convs", "solo_cate", "solo_kernel")
        self.names = ("kernel_convs", names[2], *names[:2])
        outputs = [nn.Conv2d(TOWER, to, 3, padding=1) for to in (kernel, categories)]
        parts = (tower(PYRAMID + 2), outputs[0], tower(PYRAMID), outputs[1])
        for name, part in zip(self.names, parts):
            setattr(head, name, part)
        mask.convs_all_levels = nn.ModuleList([branch_of(i, ConvModule) for i in range(4)])
        output = ConvModule(MASK, kernel, 1)
        mask.conv_pred = output if later else nn.Sequential(output)
        if later:
            self.mask_head = head
            head.mask_feature_head = mask
        else:
            self.bbox_head, self.mask_feat_head = head, mask

    def forward(self, rgb):
        levels = self.neck(self.backbone(normalised(rgb, RGB_MEAN, RGB_STD)))
        head = self.mask_head if self.later else self.bbox_head
        mask = head.mask_feature_head if self.later else self.mask_feat_head
        logits, kernels = cells(levels, *[getattr(head, name) for name in self.names])
        return logits, kernels, mask_features(levels, mask.convs_all_levels, mask.conv_pred)


def normalised(pixels, mean, std):
    mean, std = (torch.tensor(x, dtype=torch.float64).view(1, 3, 1, 1) for x in (mean, std))
    return (pixels - mean) / std


def randomise(model, generator):
    """Values that halves hold, of sizes that keep what goes through the network."""
    for name, value in model.state_dict().items():
        if not value.is_floating_point() or name == "_iter":
            continue
        noise = torch.rand(value.shape, generator=generator) * 2 - 1
        if value.dim() == 4:
            # What is not divided by its deviation is some 60 times as large.
            raw = isinstance(model, AdelaiDet) and not model.free and value.shape[1:] == (3, 7, 7)
            noise = noise * (3 / value[0].numel()) ** 0.5 / (60 if raw else 1)
        elif name.endswith("running_var"):
            noise = 1 + noise / 2
        else:
            is_scale = name.endswith("weight")
            noise = noise / 4 + (1 if is_scale else 0)
        value.copy_(noise.half())


def checkpoint(program, model):
    """The model's tensors as halves, in what the program saves them in."""
    state = {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    if program == "freesolo":
        momentum = {"momentum_buffer": torch.zeros(3)}
        optimizer = {"state": {0: momentum}, "param_groups": [{"lr": 0.001, "params": [0]}]}
        return {"model": state, "optimizer": optimizer, "iteration": 29999}
    if program == "adelaidet":
        return {"model": state}
    return {"meta": {"epoch": 36, "iter": 263844}, "state_dict": state}


def make(program, sizes):
    generator = torch.Generator().manual_seed(20221103)
    kind = AdelaiDet if program in ("freesolo", "adelaidet") else Mmdetection
    model = kind(sizes["categories"], sizes["convs"], sizes["kernel"],
                 program in ("freesolo", "mmdetection"))
    randomise(model, generator)
    # What the authors of SOLOv2 published is older than torch's zip files.
    torch.save(checkpoint(program, model), f"{OUT}/{program}.pth",
               _use_new_zipfile_serialization=program != "solo")
    bytes_ = np.minimum(np.floor((hashed("picture", (HEIGHT, WIDTH, 3)).astype(np.float64) + 1)
                                 * 128), 255)
    rgb = torch.from_numpy(bytes_).permute(2, 0, 1)[None]
    with torch.no_grad():
        logits, kernels, features = model.double().eval()(rgb)
    rows = torch.cat([k[0].flatten(1).t() for k in kernels])  # [cells, kernel]
    pixels = features[0].flatten(1).t()  # [pixels, kernel]
    parts = {
        "categories": torch.cat([x[0].flatten() for x in logits]),
        "kernels": rows[::CELL_STEP],
        "features": pixels[::PIXEL_STEP],
    }
    values = torch.cat([part.flatten() for part in parts.values()]).numpy()
    np.save(f"{OUT}/{program}.npy", values.astype(np.float32))
    return {**sizes, "shapes": {name: list(part.shape) for name, part in parts.items()}}


def write_arrays(protocol):
    """A dictionary of arrays, as detectron2 keeps the weights that training starts from."""
    state = {"stem.conv1.weight": hashed("stem", (2, 3, 7, 7)),
             "res2.0.conv1.weight": np.asfortranarray(hashed("res2", (3, 2))).astype(np.float16)}
    value = {"model": state, "__author__": "nobody", "matching_heuristics": True}
    with open(f"{OUT}/arrays{protocol}.pkl", "wb") as file:
        pickle.dump(value, file, protocol=protocol)


torch.set_num_threads(1)
os.makedirs(OUT, exist_ok=True)
for protocol in (2, 4):
    write_arrays(protocol)
cases = {program: make(program, sizes) for program, sizes in CASES.items()}
with open(f"{OUT}/goldens.json", "w") as file:
    versions = {"torch": torch.__version__, "numpy": np.__version__}
    steps = {"cells": CELL_STEP, "pixels": PIXEL_STEP}
    json.dump({"versions": versions, "size": [HEIGHT, WIDTH], "steps": steps, "cases": cases}, file)
    file.write("\n")
