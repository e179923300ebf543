"""Features of residual networks with made-up parameters, from torchvision in f64.

Made once, outside CI: /usr/bin/python3 tools/make_resnet_goldens.py (torch, torchvision, numpy)
Writes fixtures/resnet; README.md there says what each file holds. No parameter is stored: each is a
hash of its name and index, which tests/models/resnet_parameters.ts computes alike.
"""
import json
import os

import numpy as np
import torch
import torch.nn.functional as F
import torchvision
from torchvision.models.resnet import Bottleneck, ResNet, resnet50, resnet101

OUT = "fixtures/resnet"
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def uniform(name, count):
    """Numbers in [-1, 1): FNV-1a of the name, then murmur3's last steps of seed + index · φ."""
    seed = 0x811C9DC5
    for byte in name.encode():
        seed = ((seed ^ byte) * 0x01000193) & 0xFFFFFFFF
    h = np.arange(count, dtype=np.uint32) * np.uint32(0x9E3779B1) + np.uint32(seed)
    h ^= h >> np.uint32(16)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    h *= np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    return h / 2.0**31 - 1


def parameter(name, shape):
    """Sizes that let activations neither vanish nor explode, and statistics that matter."""
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    if len(shape) == 4:
        value = u * np.sqrt(6 / np.prod(shape[1:]))
    elif name.endswith("running_var"):
        value = 1 + 0.8 * u
    elif name.endswith(".weight"):
        value = (0.15 if name.endswith("bn3.weight") else 1) * (1 + 0.5 * u)
    else:
        value = 0.3 * u
    return torch.from_numpy(value.astype(np.float32))


class Narrow(ResNet):
    """Layers of torchvision with other widths: a stem of 16, layer1 without a shortcut."""

    def __init__(self, replace_stride_with_dilation):
        torch.nn.Module.__init__(self)
        self._norm_layer = torch.nn.BatchNorm2d
        self.inplanes, self.dilation, self.groups = 16, 1, 1
        self.base_width = 128  # planes · 2 channels in the middle, · 4 behind
        self.conv1 = torch.nn.Conv2d(3, 16, 7, stride=2, padding=3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(16)
        self.relu = torch.nn.ReLU()
        self.maxpool = torch.nn.MaxPool2d(3, stride=2, padding=1)
        dilate = [False, *replace_stride_with_dilation]
        for i, (planes, blocks) in enumerate([(4, 1), (6, 2), (8, 3), (10, 2)]):
            layer = self._make_layer(Bottleneck, planes, blocks, 2 if i else 1, dilate[i])
            setattr(self, f"layer{i + 1}", layer)


def picture(height, width):
    u = uniform(f"picture {height} {width}", height * width * 3).reshape(height, width, 3)
    return np.floor((u + 1) * 128).astype(np.uint8)


def maps(model, height, width, enlarge=1):
    """The outputs of all layers, [channels, rows, columns] each."""
    channel = lambda values: torch.tensor(values, dtype=torch.float64).reshape(3, 1, 1)
    x = torch.from_numpy(picture(height, width)).double().permute(2, 0, 1)[None] / 255
    if enlarge > 1:
        x = F.interpolate(x, scale_factor=enlarge, mode="bilinear", align_corners=False)
    x = (x - channel(MEAN)) / channel(STD)
    x = model.maxpool(model.relu(model.bn1(model.conv1(x))))
    outputs = []
    for layer in [model.layer1, model.layer2, model.layer3, model.layer4]:
        x = layer(x)
        outputs.append(x[0])
    return outputs


def features(model, height, width, enlarge):
    return maps(model, height, width, enlarge)[-1].flatten(1).T.numpy()  # [positions, channels]


def stored(rows, step):
    """Of position p the channels p % step, p % step + step, …"""
    return np.concatenate([row[p % step::step] for p, row in enumerate(rows)])


def hashed_model(build, dilate=False):
    model = build(replace_stride_with_dilation=[False, False, dilate]).double().eval()
    state = {key: parameter(key, value.shape) for key, value in model.state_dict().items()
             if not key.endswith("num_batches_tracked")}
    model.load_state_dict(state, strict=False)
    return model


def make(name, build, step, cases):
    parts = []
    for height, width, dilate, enlarge in cases:
        model = hashed_model(build, dilate)
        with torch.no_grad():
            rows = features(model, height, width, enlarge)
        print(name, height, width, dilate, enlarge, rows.shape,
              f"rms {np.sqrt((rows**2).mean()):.3f}, of what differs between positions "
              f"{rows.std(0).mean():.3f}, zeros {(rows == 0).mean():.2f}")
        parts.append(stored(rows, step))
    np.save(f"{OUT}/{name}.npy", np.concatenate(parts).astype(np.float32))
    keys = ["height", "width", "dilate", "enlarge"]
    return {"model": name, "step": step, "cases": [dict(zip(keys, case)) for case in cases]}


os.makedirs(OUT, exist_ok=True)
full = [(64, 64, False, 1), (96, 128, False, 1), (160, 96, False, 1)]
dilated = [(height, width, True, 1) for height, width, _, _ in full]
doubled = [(48, 80, False, 2), (48, 80, True, 2)]
goldens = [
    make("resnet50", resnet50, 16, full + dilated),
    make("resnet101", resnet101, 16, full + dilated),
    make("narrow", Narrow, 1, full + dilated + doubled),
]
with torch.no_grad():
    parts = [part.permute(1, 2, 0).numpy().ravel() for part in maps(hashed_model(Narrow), 64, 96)]
np.save(f"{OUT}/narrow_maps.npy", np.concatenate(parts).astype(np.float32))
with open(f"{OUT}/goldens.json", "w") as file:
    versions = {"torch": torch.__version__, "torchvision": torchvision.__version__,
                "numpy": np.__version__}
    json.dump({"versions": versions, "goldens": goldens}, file)
    file.write("\n")
