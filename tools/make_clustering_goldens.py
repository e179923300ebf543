"""Golden vectors for k-means and connected components, from scikit-learn and SciPy.

Run once with Debian's python3 (packages python3-sklearn, python3-scipy); the files are committed,
tests and CI need no Python:

    /usr/bin/python3 tools/make_clustering_goldens.py

Writes fixtures/clustering/kmeans_*.json and components.json; versions are named in each.
"""

import json
import platform
from pathlib import Path

import numpy
import scipy
import sklearn
from scipy import ndimage
from sklearn.cluster import KMeans

OUT = Path(__file__).parent.parent / "fixtures" / "clustering"
VERSIONS = {
    "python": platform.python_version(),
    "numpy": numpy.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}


def write(name, record):
    OUT.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"versions": VERSIONS, **record}, separators=(",", ":"))
    (OUT / name).write_text(text + "\n")


def patch_points(rng, rows, columns, dims):
    """Soft regions on a grid, as spectral embeddings look: smooth, not well separated."""
    y, x = numpy.mgrid[0:rows, 0:columns]
    planes = []
    for _ in range(dims):
        wave = numpy.sin(rng.uniform(1, 5) * x / columns + rng.uniform(0, 6))
        wave = wave * numpy.cos(rng.uniform(1, 5) * y / rows + rng.uniform(0, 6))
        planes.append(numpy.tanh(3 * wave) + 0.1 * rng.standard_normal((rows, columns)))
    return numpy.stack(planes, -1).reshape(-1, dims).round(3).astype(numpy.float32)


def kmeans(name, points, k, seed):
    rng = numpy.random.default_rng(seed)
    starts = points[rng.choice(len(points), k, replace=False)]
    given = KMeans(k, init=starts, n_init=1, max_iter=300, tol=1e-4, algorithm="lloyd").fit(points)
    full = [
        KMeans(k, n_init=10, max_iter=300, tol=1e-4, algorithm="lloyd", random_state=state)
        .fit(points).inertia_
        for state in range(20)
    ]
    write(f"kmeans_{name}.json", {
        "shape": list(points.shape),
        "k": k,
        "points": [float(f"{value:.3f}") for value in points.ravel()],
        "starts": [float(f"{value:.3f}") for value in starts.ravel()],
        "labels": given.labels_.tolist(),
        "inertia": given.inertia_,
        "full_inertia": float(numpy.mean(full)),
    })


def spiral(size):
    grid = numpy.zeros((size, size), int)
    y = x = 0
    dy, dx = 0, 1
    turns = 0

    def at(row, column):
        inside = 0 <= row < size and 0 <= column < size
        return grid[row, column] if inside else -1

    while turns < 2:
        grid[y, x] = 1
        if at(y + dy, x + dx) != 0 or at(y + 2 * dy, x + 2 * dx) == 1:
            dy, dx = dx, -dy
            turns += 1
        else:
            y, x = y + dy, x + dx
            turns = 0
    return grid


def components():
    rng = numpy.random.default_rng(5)
    maps = {
        "noise": rng.integers(0, 2, (17, 23)),
        "smooth": (ndimage.gaussian_filter(rng.standard_normal((30, 40)), 2) > 0).astype(int),
        "spiral": spiral(21),
        "checkerboard": numpy.indices((8, 9)).sum(0) % 2,
        "comb": numpy.array([[1 if y == 8 or x % 2 == 0 else 0 for x in range(15)]
                             for y in range(9)]),
        "one row": rng.integers(0, 2, (1, 50)),
        "one column": rng.integers(0, 2, (50, 1)),
        "ones": numpy.ones((5, 6), int),
        "zeros": numpy.zeros((5, 6), int),
        "one cell": numpy.ones((1, 1), int),
    }
    record = []
    for name, grid in maps.items():
        four, _ = ndimage.label(grid)
        eight, _ = ndimage.label(grid, structure=numpy.ones((3, 3)))
        record.append({
            "name": name,
            "shape": list(grid.shape),
            "mask": "".join(map(str, grid.ravel())),
            "four": four.ravel().tolist(),
            "eight": eight.ravel().tolist(),
        })
    write("components.json", {"maps": record})


rng = numpy.random.default_rng(1)
kmeans("grid_k2", patch_points(rng, 14, 14, 2), 2, 10)
kmeans("grid_k3", patch_points(rng, 14, 14, 3), 3, 11)
kmeans("grid_k5", patch_points(rng, 20, 25, 5), 5, 12)
kmeans("noise_k8", rng.standard_normal((200, 9)).round(3).astype(numpy.float32), 8, 13)
components()
