#!/usr/bin/env python3
"""Steps of both pretrainings by PyTorch, beside which ours are timed.

    deno task bench pretraining --torch     starts  torch_pretraining.py FILE cpu|cuda

FILE is a safetensors file of the start: parameters as packages/pretrain has them, the tables of
positions, the crops of some steps, and in its metadata the settings. The first line on stdout names
PyTorch, or says what is missing. Each line on stdin is a JSON list of steps; once they are done, a
line answers with their losses, the norms of their gradients, and what all steps so far took.
"""

import json
import math
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError as error:
    print(json.dumps({"missing": str(error)}))
    sys.exit()

DTYPES = {"F32": torch.float32, "U8": torch.uint8}


def read(path: str) -> tuple[dict, dict[str, torch.Tensor]]:
    """Settings and tensors."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    settings = json.loads(header.pop("__metadata__")["settings"])
    tensors = {}
    for name, entry in header.items():
        dtype, shape, offset = DTYPES[entry["dtype"]], entry["shape"], entry["data_offsets"][0]
        flat = torch.frombuffer(data, dtype=dtype, count=math.prod(shape), offset=start + offset)
        tensors[name] = flat.view(shape).clone()
    return settings, tensors


def linear(p: dict, name: str, x: torch.Tensor) -> torch.Tensor:
    return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])


def norm(p: dict, name: str, x: torch.Tensor, epsilon: float) -> torch.Tensor:
    return F.layer_norm(x, x.shape[-1:], p[f"{name}.weight"], p[f"{name}.bias"], epsilon)


def attention(qkv: torch.Tensor, heads: int) -> torch.Tensor:
    """[images, tokens, dim] of [images, tokens, 3 * dim]."""
    images, tokens, width = qkv.shape
    size = width // 3 // heads
    q, k, v = qkv.view(images, tokens, 3, heads, size).permute(2, 0, 3, 1, 4)
    if hasattr(F, "scaled_dot_product_attention"):
        mixed = F.scaled_dot_product_attention(q, k, v)
    else:
        mixed = (q @ k.transpose(-2, -1) * size**-0.5).softmax(-1) @ v
    return mixed.transpose(1, 2).reshape(images, tokens, width // 3)


def block(p: dict, name: str, x: torch.Tensor, heads: int, epsilon: float) -> torch.Tensor:
    qkv = linear(p, f"{name}.attn.qkv", norm(p, f"{name}.norm1", x, epsilon))
    x = x + linear(p, f"{name}.attn.proj", attention(qkv, heads))
    hidden = F.gelu(linear(p, f"{name}.mlp.fc1", norm(p, f"{name}.norm2", x, epsilon)))
    return x + linear(p, f"{name}.mlp.fc2", hidden)


def rows(x: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Of x [images, count, width] the rows of index [images, some]."""
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[2]))


class Twin:
    """Networks, their optimiser, and what a step sees."""

    def __init__(self, settings: dict, tensors: dict[str, torch.Tensor], device: str):
        self.settings, self.model, self.device = settings, settings["model"], device
        self.vit = self.model["encoder"]
        self.crops = {n: t for n, t in tensors.items() if t.dtype == torch.uint8}
        self.positions = {
            n: t.to(device) for n, t in tensors.items() if n.startswith("positions.")
        }
        self.teacher, self.student = {}, {}
        for name, tensor in tensors.items():
            if name in self.crops or name in self.positions:
                continue
            # Matrices lie [from, to] in the file, [to, from] in PyTorch.
            if name.endswith(".weight") and tensor.ndim == 2:
                tensor = tensor.T.contiguous()
            if name.startswith("teacher."):
                self.teacher[name[len("teacher.") :]] = tensor.to(device)
            else:
                self.student[name] = tensor.to(device).requires_grad_()
        parameters, rules = list(self.student.values()), settings["optimiser"]
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": rules["weightDecay"]},
            {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0},
        ]
        self.adam = torch.optim.AdamW(groups, betas=rules["betas"], eps=1e-8)

    def patches(self, name: str) -> torch.Tensor:
        """[images, patches, channel * y * x] of crops [images, height, width, 3]."""
        side = self.vit["patch"]
        x = self.crops[name].to(self.device).float() / 255
        mean, std = (torch.tensor(self.vit[key], device=self.device) for key in ("mean", "std"))
        x = (x - mean) / std
        images, height, width, _ = x.shape
        x = x.view(images, height // side, side, width // side, side, 3)
        return x.permute(0, 1, 3, 5, 2, 4).reshape(images, -1, 3 * side * side)

    def encoded(self, p: dict, tokens: torch.Tensor) -> torch.Tensor:
        """Tokens behind the last block, the class token first."""
        x = torch.cat([p["encoder.cls_token"].expand(tokens.shape[0], 1, -1), tokens], 1)
        for i in range(self.vit["depth"]):
            x = block(p, f"encoder.blocks.{i}", x, self.vit["heads"], self.vit["epsilon"])
        return x

    def mae_loss(self, step: dict) -> torch.Tensor:
        p, decoder, epsilon = self.student, self.model["decoder"], self.vit["epsilon"]
        visible, hidden = (step[key].to(self.device) for key in ("visible", "hidden"))
        pixels = self.patches(f"crops.{step['batch']}")
        tokens = linear(p, "encoder.patch_embed.proj", rows(pixels, visible))
        x = self.encoded(p, tokens + self.positions["positions.encoder"][visible])
        x = linear(p, "decoder.embed", norm(p, "encoder.norm", x, epsilon))
        images, count, dim = *pixels.shape[:2], x.shape[2]
        among = p["decoder.mask_token"].expand(images, count, dim)
        among = among.scatter(1, visible[..., None].expand(-1, -1, dim), x[:, 1:])
        x = torch.cat([x[:, :1], among + self.positions["positions.decoder"]], 1)
        for i in range(decoder["depth"]):
            x = block(p, f"decoder.blocks.{i}", x, decoder["heads"], epsilon)
        last = norm(p, "decoder.norm", rows(x[:, 1:], hidden), epsilon)
        wanted = rows(pixels, hidden)
        variance = wanted.var(-1, unbiased=True, keepdim=True) + self.model["varianceFloor"]
        wanted = (wanted - wanted.mean(-1, keepdim=True)) / variance.sqrt()
        return F.mse_loss(linear(p, "decoder.out", last), wanted)

    def class_tokens(self, p: dict, kind: str, step: dict) -> torch.Tensor:
        tokens = linear(p, "encoder.patch_embed.proj", self.patches(f"{kind}.{step['batch']}"))
        x = self.encoded(p, tokens + self.positions[f"positions.{kind}"])
        return norm(p, "encoder.norm", x[:, 0], self.vit["epsilon"])

    def cosines(self, p: dict, x: torch.Tensor) -> torch.Tensor:
        x = F.gelu(linear(p, "head.0", x))
        x = F.gelu(linear(p, "head.1", x))
        return F.normalize(linear(p, "head.2", x)) @ F.normalize(p["head.prototypes"]).T

    def dino_loss(self, step: dict) -> torch.Tensor:
        images, locals_ = self.settings["batch"], len(self.settings["localCrops"])
        with torch.no_grad():
            logits = self.cosines(self.teacher, self.class_tokens(self.teacher, "crops", step))
            q = ((logits - logits.max()) / step["temperature"]).exp()
            for _ in range(3):
                q = q / q.sum(0)
                q = q / q.sum(1, keepdim=True)
            first, second = q.split(images)
            both = (first + second).repeat(locals_, 1)
            targets = torch.cat([second, first, both])  # of each crop what the others are
        kinds = ["crops", "localCrops"] if locals_ else ["crops"]
        tokens = torch.cat([self.class_tokens(self.student, kind, step) for kind in kinds])
        logits = self.cosines(self.student, tokens) / self.model["studentTemperature"]
        return -(targets * logits.log_softmax(-1)).sum() / (images * (2 + 2 * locals_))

    def step(self, step: dict) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss, and the norm of its gradient before it is clipped."""
        loss = self.mae_loss(step) if self.settings["kind"] == "mae" else self.dino_loss(step)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        parameters = list(self.student.values())
        length = torch.nn.utils.clip_grad_norm_(parameters, self.settings["optimiser"]["clip"])
        for group in self.adam.param_groups:
            group["lr"] = step["rate"]
        self.adam.step()
        with torch.no_grad():
            for name, tensor in self.teacher.items():
                tensor.lerp_(self.student[name], 1 - step["keep"])
        return loss.detach(), length


def main(path: str, device: str) -> None:
    if device == "cuda" and not torch.cuda.is_available():
        print(json.dumps({"missing": f"PyTorch {torch.__version__} finds no CUDA"}))
        return
    torch.set_num_threads(1)
    torch.backends.cuda.matmul.allow_tf32 = False  # ours are f32
    name = torch.cuda.get_device_name() if device == "cuda" else "CPU, 1 thread"
    twin = Twin(*read(path), device)
    print(json.dumps({"name": f"PyTorch {torch.__version__}, {name}"}), flush=True)
    wall = cpu = 0.0
    for line in sys.stdin:
        steps = json.loads(line)
        for step in steps:
            step |= {key: torch.tensor(step[key]) for key in ("visible", "hidden") if key in step}
        start = time.perf_counter(), time.process_time()
        found = [twin.step(step) for step in steps]
        losses, norms = (torch.stack(values).tolist() for values in zip(*found))  # waits
        wall, cpu = wall + time.perf_counter() - start[0], cpu + time.process_time() - start[1]
        answer = {"losses": losses, "norms": norms, "wallMs": 1e3 * wall, "cpuMs": 1e3 * cpu}
        print(json.dumps(answer, allow_nan=False), flush=True)


main(*sys.argv[1:])
