#!/usr/bin/env python3
"""Writes fixtures/evaluation/goldens.json: what the COCO evaluation makes of seeded random sets.

An independent statement of the COCO detection evaluation in plain NumPy, picture by picture and
setting by setting, with masks as pixels. Objects are told apart by place, never by id. The sets
are drawn here and in tests/coco/evaluation_sets.ts by the same generator, so that only the numbers
are stored. Made with Python 3.11 and NumPy 1.24: /usr/bin/python3 tools/make_evaluation_goldens.py
"""

import json
from pathlib import Path

import numpy as np

SETS = 220
IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALL_THRESHOLDS = np.linspace(0, 1, 101)
AREAS = [(0, 1e10), (0, 1024), (1024, 9216), (9216, 1e10)]


class Random:
    """mulberry32, as tests/support/random.ts."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x6D2B79F5) & 0xFFFFFFFF
        mixed = self.multiply(self.state ^ (self.state >> 15), 1 | self.state)
        mixed = ((mixed + self.multiply(mixed ^ (mixed >> 7), 61 | mixed)) & 0xFFFFFFFF) ^ mixed
        return ((mixed ^ (mixed >> 14)) & 0xFFFFFFFF) / 2**32

    def below(self, limit):
        return int(self.next() * limit)

    @staticmethod
    def multiply(a, b):
        return (a * b) & 0xFFFFFFFF


# The sets ----------------------------------------------------------------------------------------


def draw_set(seed):
    random = Random(seed)
    height, width = 100 + random.below(40), 100 + random.below(60)
    categories, ties, shuffled = 1 + random.below(4), random.below(4), random.below(2)
    strange = random.below(8) == 0  # results of categories that the ground truth does not have
    pictures = 3 + random.below(5)
    many = random.below(4 * pictures)  # which picture has over 100 detections, if any
    truth, results = [], []
    for i in range(pictures):
        image = (i * 5 + 3) % 11 * 10  # not ascending, one of them 0
        kind = random.below(8)  # 0 empty, 1 detections only, 2 objects only
        objects = [
            draw_object(random, image, categories, height, width)
            for _ in range(0 if kind < 2 else 1 + random.below(8))
        ]
        count = 101 + random.below(30) if i == many else random.below(14)
        for _ in range(0 if kind in (0, 2) else count):
            results.append(draw_result(random, image, objects, categories, ties, height, width))
            if strange and random.below(3) == 0:
                results[-1]["category"] += 50
        truth += objects
    if shuffled:
        for i in range(len(results) - 1, 0, -1):
            j = random.below(i + 1)
            results[i], results[j] = results[j], results[i]
    images = sorted((i * 5 + 3) % 11 * 10 for i in range(pictures))
    return {"images": images, "categories": categories, "truth": truth, "results": results}


def draw_object(random, image, categories, height, width):
    size = random.below(7)
    w, h = [(32, 32), (96, 96), (64, 16)][size] if size < 3 else (
        4 + random.below(60), 4 + random.below(60))
    x, y = random.below(width - 4), random.below(height - 4)
    notch = 0 if size < 3 else random.below(4)
    entry = region(x, y, w, h, notch, height, width)
    entry.update(image=image, category=1 + random.below(categories), crowd=random.below(8) == 0)
    area = random.below(6)
    pixels = int(entry["mask"].sum())
    entry["area"] = [1024, 9216, pixels + 0.25][area] if area < 3 else pixels
    entry["box"] = [x + random.below(4) / 4, y + random.below(4) / 4, w, h]
    return entry


def draw_result(random, image, objects, categories, ties, height, width):
    if objects and random.below(4) > 0:
        x, y, w, h, notch = objects[random.below(len(objects))]["shape"]
        if random.below(3) > 0:
            x, y = x + random.below(7) - 3, y + random.below(7) - 3
            w, h = max(1, w + random.below(9) - 4), max(1, h + random.below(9) - 4)
            notch = random.below(4)
    else:
        x, y = random.below(width), random.below(height)
        w, h, notch = 1 + random.below(100), 1 + random.below(100), random.below(4)
    entry = region(x, y, w, h, notch, height, width)
    entry.update(image=image, category=1 + random.below(categories))
    entry["box"] = [x + random.below(4) / 4, y + random.below(4) / 4, w, h]
    score = random.next()
    entry["score"] = [score, (1 + int(score * 8)) / 8, 0.5, int(score * 100) / 100][ties]
    return entry


def region(x, y, w, h, notch, height, width):
    """A rectangle cut to the picture, less a corner of notch / 8 of its sides."""
    mask = np.zeros((height, width), bool)
    mask[max(0, y):max(0, y + h), max(0, x):max(0, x + w)] = True
    mask[max(0, y):max(0, y + h * notch // 8), max(0, x):max(0, x + w * notch // 8)] = False
    return {"shape": (x, y, w, h, notch), "mask": mask}


# The evaluation ----------------------------------------------------------------------------------


def mask_iou(result, thing):
    shared = int((result["mask"] & thing["mask"]).sum())
    if shared == 0:
        return 0.0
    own, other = int(result["mask"].sum()), int(thing["mask"].sum())
    return shared / (own if thing["crowd"] else own + other - shared)


def box_iou(result, thing):
    (x, y, w, h), (left, top, across, down) = result["box"], thing["box"]
    shared_w = min(x + w, left + across) - max(x, left)
    shared_h = min(y + h, top + down) - max(y, top)
    if shared_w <= 0 or shared_h <= 0:
        return 0.0
    shared = shared_w * shared_h
    return shared / (w * h if thing["crowd"] else w * h + across * down - shared)


def evaluate_picture(things, results, iou, area_of, limits, most):
    """Per threshold which results matched and are ignored, of one picture and range of area."""
    low, high = limits
    skip = [t["crowd"] or t["area"] < low or t["area"] > high for t in things]
    order = [i for i in range(len(things)) if not skip[i]] + [
        i for i in range(len(things)) if skip[i]]
    ranked = sorted(results, key=lambda r: -r["score"])[:most]
    table = [[iou(r, things[i]) for i in order] for r in ranked]
    matched = np.zeros((len(IOU_THRESHOLDS), len(ranked)), bool)
    ignored = np.zeros_like(matched)
    for t, threshold in enumerate(IOU_THRESHOLDS):
        used = set()
        for d in range(len(ranked)):
            best, chosen = min(threshold, 1 - 1e-10), None
            for place, i in enumerate(order):
                if i in used and not things[i]["crowd"]:
                    continue
                if chosen is not None and not skip[chosen] and skip[i]:
                    break
                if table[d][place] >= best:
                    best, chosen = table[d][place], i
            if chosen is not None:
                used.add(chosen)
                matched[t, d], ignored[t, d] = True, skip[chosen]
            else:
                area = area_of(ranked[d])
                ignored[t, d] = area < low or area > high
    return [r["score"] for r in ranked], matched, ignored, len(things) - sum(skip)


def accumulate(pictures, cap):
    """Precision [thresholds, recalls] and recall [thresholds], or None without objects."""
    objects = sum(count for *_, count in pictures)
    if objects == 0:
        return None
    scores = np.concatenate([np.array(s[:cap], float) for s, *_ in pictures])
    order = np.argsort(-scores, kind="mergesort")
    matched = np.concatenate([m[:, :cap] for _, m, *_ in pictures], axis=1)[:, order]
    ignored = np.concatenate([g[:, :cap] for _, _, g, _ in pictures], axis=1)[:, order]
    right = np.cumsum(matched & ~ignored, axis=1).astype(float)
    wrong = np.cumsum(~matched & ~ignored, axis=1).astype(float)
    precision = np.zeros((len(IOU_THRESHOLDS), len(RECALL_THRESHOLDS)))
    recall = np.zeros(len(IOU_THRESHOLDS))
    for t in range(len(IOU_THRESHOLDS)):
        if len(order) == 0:
            continue
        reached = right[t] / objects
        share = right[t] / (right[t] + wrong[t] + np.spacing(1))
        share = np.maximum.accumulate(share[::-1])[::-1]
        recall[t] = reached[-1]
        for r, place in enumerate(np.searchsorted(reached, RECALL_THRESHOLDS, side="left")):
            precision[t, r] = share[place] if place < len(share) else 0
    return precision, recall


def evaluate(data, kind, by_category, caps=(1, 10, 100), area_from="mask"):
    known = set(range(1, data["categories"] + 1))
    iou = mask_iou if kind == "segm" else box_iou
    area_of = (lambda r: int(r["mask"].sum())) if area_from == "mask" else (
        lambda r: r["box"][2] * r["box"][3])
    truth, results = data["truth"], data["results"]
    if not by_category and all(r["category"] in known for r in results):
        truth = sorted(truth, key=lambda t: t["category"])
        results = sorted(results, key=lambda r: r["category"])
    shape = (len(IOU_THRESHOLDS), len(known) if by_category else 1, len(AREAS), len(caps))
    precision = -np.ones((shape[0], len(RECALL_THRESHOLDS), *shape[1:]))
    recall = -np.ones(shape)
    for k, category in enumerate(sorted(known) if by_category else [None]):
        mine = [[e for e in entries if category in (None, e["category"])]
                for entries in (truth, results)]
        for a, limits in enumerate(AREAS):
            pictures = []
            for image in data["images"]:
                things, found = ([e for e in entries if e["image"] == image] for entries in mine)
                if things or found:
                    pictures.append(
                        evaluate_picture(things, found, iou, area_of, limits, caps[-1]))
            for m, cap in enumerate(caps):
                curves = accumulate(pictures, cap) if pictures else None
                if curves is not None:
                    precision[:, :, k, a, m], recall[:, k, a, m] = curves
    return precision, recall


def mean(values):
    defined = values[values > -1]
    return float(np.mean(defined)) if defined.size else -1


def summary(precision, recall):
    last = precision.shape[-1] - 1
    return [
        mean(precision[..., 0, last]),
        mean(precision[0, ..., 0, last]),
        mean(precision[5, ..., 0, last]),
        *(mean(precision[..., a, last]) for a in (1, 2, 3)),
        *(mean(recall[..., 0, m]) for m in range(precision.shape[-1])),
        *(mean(recall[..., a, last]) for a in (1, 2, 3)),
        # Every entry of both arrays, weighed so that a swap shows.
        *(float((v.ravel() * (np.arange(v.size) % 97 + 1)).sum() / v.size)
          for v in (precision, recall)),
    ]


def recall_by_count(data):
    """Micro-averaged recall and number of objects, by instances of one category in a picture."""
    targets = [t for t in data["truth"] if not t["crowd"]]
    hits, objects = np.zeros((6, len(IOU_THRESHOLDS))), np.zeros(6, int)
    for target in targets:
        same = sum(t["image"] == target["image"] and t["category"] == target["category"]
                   for t in targets)
        best = max((mask_iou(r, target) for r in data["results"]
                    if r["image"] == target["image"]), default=0)
        hits[min(same, 6) - 1] += best >= IOU_THRESHOLDS
        objects[min(same, 6) - 1] += 1
    return [float(h.mean() / n) if n else -1 for h, n in zip(hits, objects)], objects.tolist()


def main():
    rows = []
    for seed in range(1, SETS + 1):
        data = draw_set(seed)
        recall, objects = recall_by_count(data)
        rows.append({
            "segm": summary(*evaluate(data, "segm", by_category=False)),
            "aware": summary(*evaluate(data, "segm", by_category=True, caps=(2, 7, 25))),
            "bbox": summary(*evaluate(data, "bbox", by_category=False, area_from="box")),
            "results": len(data["results"]),
            "recall": recall,
            "objects": objects,
        })
    path = Path(__file__).parent.parent / "fixtures" / "evaluation" / "goldens.json"
    path.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
