"""Random checkpoints of published size and nesting, to measure loading with; not kept anywhere.

    /usr/bin/python3 tools/make_large_checkpoint.py FOLDER (torch; 2.2 GB of disk)

dino_b16.pth         flat state dict of a ViT-B/16, 343 MB
moco_b16_full.pth    MoCo v3's training file: two ViT-B/16, heads, AdamW's state, 1.7 GB
densecl_r101.pth     DenseCL's ResNet-101, 171 MB
"""
import argparse
from pathlib import Path

import torch
from torch import nn

from make_checkpoint_goldens import SCALER, ResNet, ViT, prefixed, sincos_table


def vit_b16(**options):
    return ViT(dim=768, depth=12, patch=16, side=14, **options)


def head(*sizes):
    """Linear layers with batch norms between, as MoCo v3's projector and predictor have them."""
    layers = []
    for i, (inner, outer) in enumerate(zip(sizes, sizes[1:])):
        last = i == len(sizes) - 2
        layers += [nn.Linear(inner, outer, bias=False), nn.BatchNorm1d(outer, affine=not last)]
        layers += [] if last else [nn.ReLU()]
    return nn.Sequential(*layers)


def encoder():
    model = vit_b16()
    with torch.no_grad():
        model.pos_embed.copy_(sincos_table(14, 768, "moco-v3"))
    model.head = head(768, 4096, 4096, 256)
    return model


def moco_v3():
    base, momentum, predictor = encoder(), encoder(), head(256, 4096, 256)
    parameters = [*base.parameters(), *predictor.parameters()]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    optimiser = torch.optim.AdamW(parameters, lr=1e-4)
    optimiser.step()
    return {
        "epoch": 300,
        "arch": "vit_base",
        "state_dict": prefixed("module.", prefixed("base_encoder.", base.state_dict()),
                               prefixed("momentum_encoder.", momentum.state_dict()),
                               prefixed("predictor.", predictor.state_dict())),
        "optimizer": optimiser.state_dict(),
        "scaler": SCALER,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.save(vit_b16().state_dict(), folder / "dino_b16.pth")
    torch.save(moco_v3(), folder / "moco_b16_full.pth")
    resnet = ResNet(width=64, blocks=(3, 4, 23, 3)).state_dict()
    torch.save({"state_dict": dict(resnet), "author": "DenseCL"}, folder / "densecl_r101.pth")


if __name__ == "__main__":
    main()
