#!/usr/bin/env python3
"""Writes fixtures/clustering/labels.json: cluster_qr and discretize of scikit-learn.

Run once with Debian 12's python3 (numpy, sklearn), after make_spectral_goldens.py, whose vectors of
real keys it takes; CI only reads the result.
    /usr/bin/python3 tools/make_labels_goldens.py
The first row of discretize is what scikit-learn draws from RandomState(seed), for the first seed
that does not lead it to an empty cluster: what it does then depends on LAPACK.
"""

import json
import platform
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster._spectral import cluster_qr, discretize

FIXTURES = Path(__file__).parent.parent / "fixtures"
OUT = FIXTURES / "clustering" / "labels.json"
DIGITS = "0123456789abcdefg"


def text(labels: np.ndarray) -> str:
    return "".join(DIGITS[label] for label in labels)


def real(name: str, degree: list[float]) -> np.ndarray:
    """The first vectors over the root of the degree, in f32 as the kernels have it."""
    vectors = np.load(FIXTURES / "spectral" / f"{name}_vectors.npy")
    return (vectors * np.float32(degree)[:, None]).astype(np.float32)


def blobs(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """Points in turned orthogonal directions, as eigenvectors of k separate parts look."""
    turn, _ = np.linalg.qr(rng.standard_normal((k, k)))
    member = rng.integers(0, k, n)
    points = turn[member] * rng.uniform(0.5, 2, (n, 1)) + 0.03 * rng.standard_normal((n, k))
    return points.round(3).astype(np.float32)


def draws_twice(points: np.ndarray, start: int) -> bool:
    """Whether one row would be taken for two axes."""
    rows = points / np.linalg.norm(points, axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    taken, overlaps = [start], np.zeros(len(rows))
    while len(taken) < points.shape[1]:
        overlaps += np.abs(rows @ rows[taken[-1]])
        taken.append(int(overlaps.argmin()))
    return len(set(taken)) < len(taken)


def case(name: str, embedding: np.ndarray, k: int, seed: int) -> dict:
    points = embedding[:, :k].astype(np.float64)
    start = int(np.random.RandomState(seed).randint(len(points)))
    if draws_twice(points, start):
        return case(name, embedding, k, seed + 1)
    return {
        "name": name,
        "k": k,
        "cluster_qr": text(cluster_qr(points)),
        "start": start,
        "discretize": text(discretize(points, random_state=seed)),
    }


def main() -> None:
    goldens = json.loads((FIXTURES / "spectral" / "goldens.json").read_text())["cases"]
    cases = []
    for golden in goldens:
        embedding = real(golden["name"], golden["invSqrtDegree"])
        cases += [case(golden["name"], embedding, k, k) for k in range(2, 9)]
    rng = np.random.default_rng(3)
    for n, k in ((40, 3), (130, 5), (150, 16)):
        points = blobs(rng, n, k)
        rows = [float(f"{value:.3f}") for value in points.ravel()]
        cases.append({**case(f"{k} blobs", points, k, n), "points": rows})
    versions = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
    }
    record = {"versions": versions, "cases": cases}
    OUT.write_text(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
