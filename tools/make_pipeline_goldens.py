"""The whole front half on the golden scene, written independently with scikit-learn and SciPy.

Made once, outside CI: /usr/bin/python3 tools/make_pipeline_goldens.py
Reads fixtures/weights/golden/*_keys_192.npy, writes fixtures/pipeline/scene_192.json.
"""
import json
import os

import numpy as np
import scipy
import scipy.ndimage
import sklearn
from sklearn.cluster import SpectralClustering

SIDE = 24
GOLDEN = "fixtures/weights/golden"


def clusterings(model, counts):
    keys = np.load(f"{GOLDEN}/{model}_keys_192.npy").astype(np.float64)
    keys -= np.load(f"{GOLDEN}/{model}_grey_keys_192.npy")
    keys /= np.linalg.norm(keys, axis=1, keepdims=True)
    affinity = np.maximum(keys @ keys.T, 0)
    return [
        SpectralClustering(k, affinity="precomputed", n_init=10, random_state=0)
        .fit(affinity).labels_.reshape(SIDE, SIDE)
        for k in counts
    ]


def border(mask):
    return int(mask.sum() - mask[1:-1, 1:-1].sum())


def foreground(labels):
    a, b = labels == 0, labels == 1
    order = lambda m: (border(m), m.sum(), m[0, 0])
    return min(a, b, key=order)


counts = [2, 3, 4, 5]
maps = clusterings("mae", counts)
salient = foreground(clusterings("dino", [2])[0])
masks = []
for k, labels in zip(counts, maps):
    for cluster in range(k):
        pieces, number = scipy.ndimage.label(labels == cluster)
        for piece in range(1, number + 1):
            mask = pieces == piece
            masks.append((k, int(np.flatnonzero(mask)[0]), mask))
scored = []
for k, first, mask in masks:
    inside = int((mask & salient).sum())
    if 2 * inside >= mask.sum():
        scored.append((-inside / mask.sum(), -int(mask.sum()), k, first, mask))
scored.sort(key=lambda entry: entry[:4])
kept = []
for entry in scored:
    mask = entry[4]
    if all((mask & other).sum() / (mask | other).sum() <= 0.8 for other in kept):
        kept.append(mask)
text = lambda grid: "".join(str(int(cell)) for cell in np.ravel(grid))
os.makedirs("fixtures/pipeline", exist_ok=True)
with open("fixtures/pipeline/scene_192.json", "w") as file:
    json.dump({
        "made_with": f"numpy {np.__version__}, scipy {scipy.__version__}, sklearn {sklearn.__version__}",
        "grid": [SIDE, SIDE],
        "labels": {str(k): text(labels) for k, labels in zip(counts, maps)},
        "saliency": text(salient),
        "components": len(masks),
        "kept": [text(mask) for mask in kept],
    }, file, indent=1)
print(len(masks), "pieces,", len(scored), "salient,", len(kept), "kept")
