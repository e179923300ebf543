"""Writes fixtures/images: small pictures and arrays, and what Pillow and numpy make of them.

Run once with Debian's python3-pil and python3-numpy; the results are committed. Hashes are SHA-256
of the upright 8-bit RGB pixels.

    /usr/bin/python3 tools/make_io_goldens.py
"""

import hashlib
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

ROOT = Path(__file__).resolve().parent.parent / "fixtures"
OUT = ROOT / "images"
RNG = np.random.default_rng(2311)
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2)]


def sha(pixels):
    return hashlib.sha256(np.ascontiguousarray(pixels, np.uint8).tobytes()).hexdigest()


# PNG: Pillow writes no interlaced files and few depths, so the writer is here.


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def pack(samples, depth):
    """[rows, columns, channels] to rows of bytes."""
    rows = samples.reshape(samples.shape[0], -1)
    if depth == 16:
        return rows.astype(">u2").view(np.uint8)
    if depth == 8:
        return rows.astype(np.uint8)
    bits = (rows[..., None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.reshape(rows.shape[0], -1).astype(np.uint8), axis=1)


def paeth(a, b, c):
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def filtered(rows, distance):
    """All five filters in turn."""
    out = bytearray()
    above = [0] * rows.shape[1]
    for y, row in enumerate(rows.tolist()):
        kind = y % 5
        out.append(kind)
        for i, value in enumerate(row):
            a = row[i - distance] if i >= distance else 0
            c = above[i - distance] if i >= distance else 0
            guess = [0, a, above[i], (a + above[i]) // 2, paeth(a, above[i], c)][kind]
            out.append((value - guess) % 256)
        above = row
    return bytes(out)


def png(samples, depth, colour_type, interlaced, extra=b""):
    height, width, channels = samples.shape
    parts = ADAM7 if interlaced else [(0, 0, 1, 1)]
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in parts]
    distance = max(1, depth * channels // 8)
    data = b"".join(filtered(pack(part, depth), distance) for part in passes if part.size)
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, int(interlaced))
    packed = zlib.compress(data, 9)
    half = len(packed) // 2
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", packed[:half])
            + chunk(b"IDAT", packed[half:]) + chunk(b"IEND", b""))


def to_8_bits(samples, depth):
    top = 2**depth - 1
    return (samples.astype(np.int64) * 510 + top) // (2 * top)  # nearest; top is odd, so no ties


def over_white(rgb, alpha):
    return (rgb * alpha + 255 * (255 - alpha) + 127) // 255


def expected(samples, depth, alpha=None):
    rgb = to_8_bits(samples, depth)
    rgb = np.repeat(rgb, 3, axis=2) if rgb.shape[2] == 1 else rgb
    return rgb if alpha is None else over_white(rgb, to_8_bits(alpha, depth))


def write_pngs(hashes):
    height, width = 13, 11
    kinds = [("grey", 0, 1, d) for d in (1, 2, 4, 8, 16)] + [("rgb", 2, 3, d) for d in (8, 16)]
    kinds += [("grey_alpha", 4, 2, d) for d in (8, 16)] + [("rgb_alpha", 6, 4, d) for d in (8, 16)]
    kinds += [("palette", 3, 1, d) for d in (1, 2, 4, 8)]
    for name, colour_type, channels, depth in kinds:
        colours = 2**min(depth, 8)
        samples = RNG.integers(0, 2**depth, (height, width, channels))
        for suffix in ("", "_clear") if channels in (1, 3) else ("",):
            extra, alpha, look = b"", None, samples
            if colour_type == 3:
                palette = RNG.integers(0, 256, (colours, 3))
                extra = chunk(b"PLTE", palette.astype(np.uint8).tobytes())
                look = palette[samples[..., 0]]
                if suffix:
                    alphas = RNG.integers(0, 256, max(1, colours // 2))
                    extra += chunk(b"tRNS", alphas.astype(np.uint8).tobytes())
                    full = np.concatenate([alphas, np.full(colours - len(alphas), 255)])
                    alpha = full[samples[..., 0]][..., None]
            elif suffix:
                key = samples[4, 5]
                extra = chunk(b"tRNS", key.astype(">u2").tobytes())
                alpha = np.where((samples == key).all(2), 0, 2**depth - 1)[..., None]
            elif channels in (2, 4):
                look, alpha = samples[..., :-1], samples[..., -1:]
            want = expected(look, 8 if colour_type == 3 else depth, alpha)
            for interlaced in (False, True):
                file = f"{name}{depth}{suffix}{'_interlaced' if interlaced else ''}.png"
                (OUT / file).write_bytes(png(samples, depth, colour_type, interlaced, extra))
                hashes[f"images/{file}"] = [width, height, sha(want)]
                if depth <= 8 and alpha is None:  # Pillow agrees where it has the same rule
                    seen = np.asarray(Image.open(OUT / file).convert("RGB"))
                    assert (seen == want).all(), file


# JPEG: Pillow decodes, and its pixels are kept as PNG, so that an error can be measured.


def write_jpegs():
    y, x = np.mgrid[0:29, 0:37]
    wave = np.stack([128 + 90 * np.sin(x / 5), 4 * x + 3 * y, 255 - 6 * y + 0 * x], axis=2)
    noisy = np.clip(wave + RNG.normal(0, 12, wave.shape), 0, 255).astype(np.uint8)
    image = Image.fromarray(noisy)
    kinds = {
        "444": dict(quality=95, subsampling=0),
        "422": dict(quality=85, subsampling=1),
        "420": dict(quality=75, subsampling=2),
        "progressive": dict(quality=80, progressive=True),
    }
    for name, options in kinds.items():
        image.save(OUT / f"{name}.jpg", **options)
    image.convert("L").save(OUT / "grey.jpg", quality=90)
    for name in [*kinds, "grey"]:
        Image.open(OUT / f"{name}.jpg").convert("RGB").save(OUT / f"{name}.jpg.png", optimize=True)
    image.convert("CMYK").save(OUT / "cmyk.jpg", quality=90)


def write_orientations(hashes):
    letter = np.full((13, 10, 3), 230, np.uint8)
    letter[2:11, 2:4] = letter[2:4, 2:8] = letter[6:8, 2:6] = (200, 30, 30)  # an F
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        for kind, options in {"jpg": dict(quality=95, subsampling=0), "png": {}}.items():
            file = f"orientation{orientation}.{kind}"
            Image.fromarray(letter).save(OUT / file, exif=exif, **options)
            upright = ImageOps.exif_transpose(Image.open(OUT / file)).convert("RGB")
            hashes[f"images/{file}"] = [*upright.size, sha(upright)]


def write_resizes():
    noise = Image.fromarray(RNG.integers(0, 256, (29, 37, 3), dtype=np.uint8))
    noise.save(OUT / "noise.png")
    chelsea = Image.open(ROOT / "photos/chelsea.png").convert("RGB")
    filters = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC, "lanczos": Image.LANCZOS}
    small = [(100, 80), (16, 16), (1, 1), (37, 10), (10, 29), (74, 58), (200, 3), (5, 97), (36, 28)]
    cases = []
    large = [(361, 240), (224, 224), (640, 426)]
    for file, image, sizes in (("images/noise.png", noise, small),
                               ("photos/chelsea.png", chelsea, large)):
        for width, height in sizes:
            for name, kind in filters.items():
                got = image.resize((width, height), kind)
                cases.append([file, width, height, name, sha(got)])
    return cases


def write_arrays():
    values = [0, 1, 2, 100, 7, 3]
    for dtype in ("f4", "f8", "i4", "u4", "i8", "u1", "b1"):
        np.save(OUT / f"{dtype}.npy", np.array(values).reshape(2, 3).astype(dtype))
    np.save(OUT / "scalar.npy", np.float32(2.5))
    np.save(OUT / "vector.npy", np.arange(5, dtype="<i4"))
    np.save(OUT / "empty.npy", np.zeros((0, 4), "<f4"))
    np.save(OUT / "fortran.npy", np.asfortranarray(np.array(values, "<f4").reshape(2, 3)))
    np.save(OUT / "big_endian.npy", np.array(values, ">f4"))
    np.save(OUT / "structured.npy", np.zeros(2, [("x", "<f4"), ("y", "<i4")]))
    with open(OUT / "version2.npy", "wb") as file:
        np.lib.format.write_array(file, np.array(values, "<f4"), version=(2, 0))


def main():
    OUT.mkdir(exist_ok=True)
    hashes = {}
    write_pngs(hashes)
    write_jpegs()
    write_orientations(hashes)
    for path in sorted([*ROOT.glob("photos/*.[jp][pn]g"), ROOT / "weights/golden/scene_192.png"]):
        image = Image.open(path)
        if image.mode != "RGBA":  # Pillow drops alpha instead of laying it over white
            hashes[str(path.relative_to(ROOT))] = [*image.size, sha(image.convert("RGB"))]
    resized = write_resizes()
    write_arrays()
    halves = np.arange(1 << 16, dtype="<u2").view("<f2").astype("<f4")
    finite = np.where(np.isnan(halves), np.float32(0), halves)  # NaN has many bit patterns
    half = hashlib.sha256(finite.tobytes()).hexdigest()
    golden = {"pixels": hashes, "resized": resized, "halfToFloat": half}
    text = json.dumps(golden).replace(", [", ",\n[").replace(', "', ',\n"')
    (OUT / "golden.json").write_text(text + "\n")


main()
