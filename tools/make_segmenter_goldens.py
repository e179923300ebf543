"""Output and gradients of a small simple pyramid with SOLOv2's heads, from torch autograd in f64.

Made once, outside CI: /usr/bin/python3 tools/make_segmenter_goldens.py (torch, numpy)
Writes fixtures/segmenter; README.md there says what each file holds. The heads, and the hashes that
operands are made of, are those of make_solov2_goldens.py.
"""
import torch
import torch.nn.functional as F

from make_solov2_goldens import (
    CONFIG, backward, conv, hashed, heads, parameter, parameters, resize, save)

OUT = "fixtures/segmenter"
STRIDE = 16
MAP = (1, 4, 6, 12)  # [images, rows, columns, channels], of 64 x 96 pixels
LEVELS = len(CONFIG["grids"])


def enlarged(x, name):
    """Each pixel becomes 2 x 2 of the pyramid's channels; group norm, ReLU."""
    channels = CONFIG["channels"]
    weight = parameter(f"{name}.conv.weight", (2, 2, channels, x.shape[1]))
    x = F.conv_transpose2d(x, weight.permute(3, 2, 0, 1), stride=2)
    scale, shift = (parameter(f"{name}.norm.{part}", (channels,)) for part in ("weight", "bias"))
    return F.relu(F.group_norm(x, CONFIG["groups"], scale, shift, eps=1e-5))


def simple_pyramid(x):
    maps, stride = [x], STRIDE
    while stride > 4:
        maps.insert(0, enlarged(maps[0], f"pyramid.up{len(maps) - 1}"))
        stride //= 2
    while len(maps) < LEVELS:
        rows, columns = maps[-1].shape[-2:]
        maps.append(resize(maps[-1], ((rows + 1) // 2, (columns + 1) // 2)))
    lateral = [conv(x, f"pyramid.lateral{i + 2}", 1, CONFIG["channels"], True)
               for i, x in enumerate(maps)]
    return [conv(x, f"pyramid.output{i + 2}", 3, CONFIG["channels"], True)
            for i, x in enumerate(lateral)]


features = torch.from_numpy(hashed("features", MAP)).double().permute(0, 3, 1, 2)
outputs = heads(simple_pyramid(features))
backward(outputs)
# Those of the heads are in fixtures/solov2.
gradients = {name: value.grad for name, value in parameters.items() if name.startswith("pyramid.")}
save(OUT, {**outputs, **gradients}, map=MAP, stride=STRIDE)
