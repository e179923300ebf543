#!/usr/bin/env python3
"""Writes fixtures/spectral: graphs of real keys, solved by SciPy and scikit-learn in f64.

Run once with Debian 12's python3 (numpy, scipy, sklearn); CI only reads the result.
    /usr/bin/python3 tools/make_spectral_goldens.py
The keys are those of our tiny MAE and DINO for a rendered scene of 192 px, less the keys of a grey
picture, which carry the position: fixtures/weights/golden.
"""

import json
import platform
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.linalg import eigh
from sklearn.manifold import spectral_embedding

FIXTURES = Path(__file__).parent.parent / "fixtures"
KEYS = FIXTURES / "weights" / "golden"
OUT = FIXTURES / "spectral"
VECTORS = 8
VALUES = 20


def affinity(keys: np.ndarray, kind: str) -> np.ndarray:
    unit = keys / np.linalg.norm(keys, axis=1, keepdims=True)
    cosine = unit @ unit.T
    if kind == "relu":
        w = np.maximum(cosine, 0)
    elif kind == "minmax":
        w = (cosine - cosine.min()) / (cosine.max() - cosine.min())
    else:
        w = np.where(cosine > 0.2, 1.0, 1e-5)
    np.fill_diagonal(w, 0)
    return w


def main() -> None:
    OUT.mkdir(exist_ok=True)
    cases = []
    for model in ("mae", "dino"):
        keys = np.load(KEYS / f"{model}_keys_192.npy")
        keys = keys - np.load(KEYS / f"{model}_grey_keys_192.npy")
        for kind in ("relu", "minmax", "threshold"):
            w = affinity(keys.astype(np.float64), kind)
            degree = w.sum(axis=1)
            a = w / np.sqrt(np.outer(degree, degree))
            values, vectors = eigh(a)
            leading = np.ascontiguousarray(vectors[:, ::-1][:, :VECTORS])
            name = f"{model}_{kind}"
            np.save(OUT / f"{name}_vectors.npy", leading.astype(np.float32))
            cases.append({
                "name": name,
                "model": model,
                "kind": kind,
                "patches": len(keys),
                "dim": keys.shape[1],
                "values": values[::-1][:VALUES].tolist(),
                "smallest": values[0],
                "invSqrtDegree": [float(f"{v:.9g}") for v in 1 / np.sqrt(degree)],
            })
            if kind == "relu":
                # The exact solver of the same formula; drop_first and norm_laplacian are what
                # SpectralClustering passes.
                embedding = spectral_embedding(
                    w, n_components=6, drop_first=False, norm_laplacian=True,
                    random_state=0, eigen_tol=1e-12,
                )
                points = np.ascontiguousarray(embedding).astype(np.float32)
                np.save(OUT / f"{name}_embedding.npy", points)
    versions = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "scikit-learn": sklearn.__version__,
    }
    (OUT / "goldens.json").write_text(json.dumps({"versions": versions, "cases": cases}) + "\n")


if __name__ == "__main__":
    main()
