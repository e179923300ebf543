"""Writes fixtures/torch: small checkpoints and npz files, and what torch and numpy read from them.

Run once with Debian's python3-torch (1.13) and python3-numpy (1.24); the results are committed.
golden.json lists, for each file, each tensor's safetensors dtype, shape and bytes in hexadecimal,
under the name that joins the keys on the way to it by dots.

    /usr/bin/python3 tools/make_torch_goldens.py
"""

import argparse
import collections
import json
import pathlib
import types

import numpy as np
import torch

OUT = pathlib.Path(__file__).resolve().parent.parent / "fixtures/torch"
DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}
NUMPY = {"f8": "F64", "f4": "F32", "f2": "F16", "i8": "I64", "i4": "I32", "i2": "I16", "i1": "I8",
         "u8": "U64", "u4": "U32", "u2": "U16", "u1": "U8", "b1": "BOOL"}


def describe(value):
    """[dtype, shape, bytes in hexadecimal], row-major."""
    if isinstance(value, np.ndarray):
        return [NUMPY[value.dtype.str[1:]], list(value.shape), value.tobytes().hex()]
    plain = value.detach().contiguous()
    if plain.dtype == torch.bfloat16:
        plain = plain.view(torch.int16)
    return [DTYPES[value.dtype], list(value.shape), plain.numpy().tobytes().hex()]


def readable(value):
    if isinstance(value, np.ndarray):
        return value.dtype.str[1:] in NUMPY
    return value.dtype in DTYPES and value.layout == torch.strided


def walk(value, path, found):
    if isinstance(value, (torch.Tensor, np.ndarray)):
        if readable(value):
            found[".".join(path) or "tensor"] = describe(value)
        return
    if isinstance(value, (argparse.Namespace, types.SimpleNamespace)):
        value = vars(value)
    if isinstance(value, (list, tuple)):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "big_endian":
                continue  # numpy swaps its bytes while reading; the product refuses
            walk(item, [*path, str(key)], found)


def checkpoint():
    """What a training script saves, after one step of AdamW."""
    model = torch.nn.Sequential(
        collections.OrderedDict(fc=torch.nn.Linear(3, 4), norm=torch.nn.BatchNorm1d(4)))
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.randn(5, 3)).square().sum().backward()
    optimiser.step()
    args = argparse.Namespace(arch="vit_tiny", lr=0.5, betas=(0.9, 0.999), out=pathlib.Path("runs"),
                              resume=None, amp=True)
    return {
        "model": model.state_dict(),
        "optimizer": optimiser.state_dict(),
        "scheduler": {"milestones": collections.Counter([30, 60]), "last_epoch": 7},
        "args": args,
        "epoch": 7,
        "best": np.float64(0.25),
        "seen": np.int64(1 << 40),
        "mean": np.array([0.485, 0.456, 0.406]),
        "columns": np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        "rng_state": torch.get_rng_state()[:16].clone(),
        "__proto__": torch.tensor([1.0]),
    }


def every_dtype():
    values = torch.tensor([[0, 1, 2], [3, 100, 7]])
    return {str(dtype).removeprefix("torch."): values.to(dtype) for dtype in DTYPES}


def views():
    base = torch.arange(24, dtype=torch.float32)
    cube = base.view(2, 3, 4)
    halves = torch.arange(6).to(torch.bfloat16).view(2, 3)
    return {
        "whole": base,
        "cube": cube,
        "row": cube[1, 2],
        "permuted": cube.permute(2, 0, 1),
        "transposed": cube[0].t(),
        "stepped": base[1::5],
        "expanded": base[3:4].expand(5, 2),
        "double": torch.arange(6, dtype=torch.float64).view(2, 3).t(),
        "half": halves.t(),
        "truth": torch.tensor([[True, False], [True, True], [False, False]]).t(),
        "scalar": torch.tensor(2.5),
        "none": torch.zeros(0, 4),
        "parameter": torch.nn.Parameter(cube[:, 1]),
        "size": cube.shape,
    }


def unread():
    return {
        "complex": torch.zeros(2, dtype=torch.complex64),
        "quantised": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8),
        "sparse": torch.eye(2).to_sparse(),
        "storage": torch.zeros(3).storage(),
        "texts": np.array(["a", "bc"]),
        "big_endian": np.array([1.0], ">f4"),
        "read": torch.ones(2),
        "values": [torch.float16, torch.device("cpu"), 1 << 70, b"abc", {1, 2}, 1j, None, True],
    }


def main():
    torch.manual_seed(2311)
    OUT.mkdir(exist_ok=True)
    golden = {}

    def save(name, value, protocol=2, legacy=False):
        torch.save(value, OUT / name, pickle_protocol=protocol,
                   _use_new_zipfile_serialization=not legacy)
        golden[name] = {}
        walk(torch.load(OUT / name), [], golden[name])

    trained = checkpoint()
    for protocol in (2, 4):
        save(f"checkpoint_zip{protocol}.pth", trained, protocol)
        save(f"checkpoint_stream{protocol}.pth.tar", trained, protocol, legacy=True)
    save("checkpoint_zip5.pth", trained, 5)
    save("dtypes_zip.pth", every_dtype())
    save("dtypes_stream.pth", every_dtype(), legacy=True)
    save("views_zip.pth", views())
    save("views_stream.pth", views(), legacy=True)
    save("unread_zip.pth", unread())
    save("unread_stream.pth", {k: v for k, v in unread().items() if k != "storage"}, legacy=True)
    save("bare.pth", torch.tensor([1.5, -2.0]))
    save("list.pth", [torch.tensor([1]), types.SimpleNamespace(w=torch.tensor([2]))], 3)
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 1)), str(OUT / "script.pt"))

    arrays = {
        "keys": np.arange(12, dtype=np.float32).reshape(3, 4),
        "fortran": np.asfortranarray(np.arange(6, dtype=np.int64).reshape(2, 3)),
        "half": np.array([0.5, 1.5], np.float16),
        "truth": np.array([True, False]),
        "scalar": np.float64(2.5).reshape(()),
        "none": np.zeros((0, 3), np.uint16),
        "zeros": np.zeros(2000, np.uint8),
    }
    for name, write in (("arrays.npz", np.savez), ("compressed.npz", np.savez_compressed)):
        write(OUT / name, **arrays)
        golden[name] = {key: describe(array) for key, array in np.load(OUT / name).items()}
    (OUT / "golden.json").write_text(json.dumps(golden, indent=0).replace(",\n[", ", [") + "\n")


main()
