import assert from "node:assert/strict";
import type { Gpu } from "@fiedler/gpu";
import { decodeRle, rleFromString } from "@fiedler/coco";
import * as masksReference from "../../kernels/masks/reference.ts";
import * as nmsReference from "../../kernels/nms/reference.ts";
import { PAPER, PRACTICAL, type ProposalOptions } from "../../packages/pipeline/options.ts";
import {
  decodeSelection,
  freeSelection,
  readSelection,
  ROWS_PER_READ,
  selectMasks,
} from "../../packages/pipeline/select.ts";
import { assertClose, conformance } from "../support/conformance.ts";
import { generator, normal } from "../support/random.ts";

const DIM = 8;

/** One picture's input on the host. */
interface Picture {
  readonly labels: Uint32Array<ArrayBuffer>;
  readonly saliency: Uint32Array<ArrayBuffer>;
  readonly keys: Float32Array<ArrayBuffer>;
}

interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** Regions that the clusterings for all k cut alike, and a saliency cut of two of them. */
function picture({ rows, columns }: Grid, ks: readonly number[], seed: number): Picture {
  const next = generator(seed);
  const centres = Array.from({ length: 6 }, () => [next() * rows, next() * columns]);
  const cells = rows * columns;
  const region = Array.from({ length: cells }, (_, cell) => {
    const distances = centres.map(([y, x]) =>
      Math.hypot(Math.floor(cell / columns) - y, cell % columns - x)
    );
    return distances.indexOf(Math.min(...distances));
  });
  const labels = Uint32Array.from(
    ks.flatMap((k) => region.map((r) => next() < 0.01 ? Math.floor(next() * k) : r % k)),
  );
  const keys = normal(cells * DIM, { seed });
  for (let cell = 0; cell < cells; cell++) {
    const key = keys.subarray(cell * DIM, (cell + 1) * DIM);
    key[region[cell]] += 3;
    const length = Math.hypot(...key);
    key.forEach((x, j) => key[j] = x / length);
  }
  return { labels, saliency: Uint32Array.from(region, (r) => r < 2 ? 1 : 0), keys };
}

const joined = <T extends Uint32Array | Float32Array>(Type: { from(x: number[]): T }, all: T[]) =>
  Type.from(all.flatMap((one) => [...one]));

/** The selection of a batch, decoded. */
async function select(
  gpu: Gpu,
  pictures: readonly Picture[],
  { rows, columns }: Grid,
  options: ProposalOptions,
  withSaliency = true,
) {
  const images = pictures.length;
  const { clusterCounts } = options;
  const labels = joined(Uint32Array, pictures.map((one) => one.labels));
  const saliency = joined(Uint32Array, pictures.map((one) => one.saliency));
  const keys = joined(Float32Array, pictures.map((one) => one.keys));
  const selection = selectMasks(gpu, {
    labels: gpu.upload(labels, [images, clusterCounts.length, rows, columns]),
    clusterCounts,
    saliencyLabels: withSaliency ? gpu.upload(saliency, [images, rows, columns]) : null,
    unitKeys: gpu.upload(keys, [images, rows * columns, DIM]),
  }, options);
  const host = await readSelection(gpu, selection);
  freeSelection(gpu, selection);
  return pictures.map((_, image) => decodeSelection(host, image, options));
}

const SMALL = { rows: 9, columns: 13 };

/** The same rules by brute force: fates of the masks of one picture. */
function expectedFates(one: Picture, { rows, columns }: Grid, options: ProposalOptions) {
  const cells = rows * columns;
  const maps = options.clusterCounts.map((_, m) => one.labels.subarray(m * cells, (m + 1) * cells));
  const { foreground } = masksReference.saliencyMask(one.saliency, rows, columns);
  const salient = [...one.saliency.keys()].filter((cell) => one.saliency[cell] === foreground);
  const masks = masksReference.packMasks(
    maps,
    rows,
    columns,
    options.clusterCounts,
    options.split ? options.connectivity : null,
  );
  const verdicts = masks.map((mask) =>
    masksReference.verdict(mask, salient, cells, {
      minArea: options.minPatches,
      maxShareSteps: Math.round(1e4 * options.maxShare),
      score: options.saliencyScore,
      thresholdSteps: Math.round(1e4 * options.saliencyThreshold),
    })
  );
  const candidates = masks.map((mask, m) => ({
    ...mask,
    overlap: masksReference.intersection(mask.cells, salient),
    coherence: masksReference.coherence(mask.cells, one.keys, DIM),
    passed: verdicts[m] === 0,
  }));
  const steps = Math.round(1e4 * options.nmsThreshold);
  return {
    candidates,
    verdicts,
    fates: nmsReference.greedyNms(candidates, options.nmsOrder, steps),
  };
}

conformance("selectMasks()", (test) => {
  const WHOLE = { ...PAPER, split: false };
  for (const [name, options] of Object.entries({ PAPER, PRACTICAL, WHOLE })) {
    test(`agrees with brute force, preset ${name}`, async (gpu) => {
      const pictures = [1, 2, 3].map((seed) => picture(SMALL, options.clusterCounts, seed));
      const actual = await select(gpu, pictures, SMALL, options);
      pictures.forEach((one, i) => {
        const { candidates, verdicts, fates } = expectedFates(one, SMALL, options);
        const { masks, grids, counts } = actual[i];
        assert.equal(masks.length, candidates.length);
        masks.forEach((mask, m) => {
          const { k, cluster, component, area, border, overlap, cells } = candidates[m];
          assert.deepEqual(
            [mask.id, mask.k, mask.cluster, mask.component, mask.areaPatches, mask.borderPatches],
            [m, k, cluster, component, area, border],
          );
          assert.equal(mask.ioa, overlap / area);
          assert.equal(mask.rank, fates[m].rank);
          const rules = [null, "area", "size", "saliency"];
          const rule = rules[verdicts[m]] ?? (fates[m].rival === null ? undefined : "nms");
          assert.equal(mask.dropped?.rule, rule);
          if (mask.dropped?.rule === "nms") {
            const { rival, iou } = mask.dropped;
            const shared = fates[m].shared;
            assert.equal(rival, fates[m].rival);
            assert.equal(iou, shared / (area + candidates[rival].area - shared));
            assert.ok(iou > options.nmsThreshold && masks[rival].dropped === null);
          }
          const decoded = decodeRle(rleFromString(mask.grid.counts), SMALL.rows, SMALL.columns);
          assert.deepEqual([...decoded.keys()].filter((cell) => decoded[cell]), cells);
          assert.deepEqual(decoded, grids[m]);
        });
        // Sums of at most 117 keys of length 1 lose 117 · 2^-24 = 7e-6.
        assertClose(
          masks.map(({ coherence }) => coherence),
          candidates.map(({ coherence }) => coherence),
          { absolute: 7e-6 },
        );
        assert.deepEqual(counts, {
          clusters: 14,
          components: masks.length,
          afterArea: verdicts.filter((verdict) => verdict === 0 || verdict === 3).length,
          afterSaliency: verdicts.filter((verdict) => verdict === 0).length,
          kept: masks.filter(({ dropped }) => !dropped).length,
        });
      });
    });
  }

  test("does not depend on the other pictures of the batch", async (gpu) => {
    const pictures = [4, 5, 6, 7].map((seed) => picture(SMALL, PAPER.clusterCounts, seed));
    const batch = await select(gpu, pictures, SMALL, PAPER);
    for (const [i, one] of pictures.entries()) {
      const [single] = await select(gpu, [one], SMALL, PAPER);
      assert.deepEqual(batch[i], single);
    }
  });

  test("partitions the grid by the masks of each k", async (gpu) => {
    const one = picture(SMALL, PAPER.clusterCounts, 8);
    const [{ masks, grids }] = await select(gpu, [one], SMALL, PAPER);
    PAPER.clusterCounts.forEach((k, map) => {
      const cells = SMALL.rows * SMALL.columns;
      for (let cell = 0; cell < cells; cell++) {
        const holders = masks.filter((mask) => mask.k === k && grids[mask.id][cell] === 1);
        assert.equal(holders.length, 1);
        // The pieces of a cluster make up the cluster again.
        assert.equal(holders[0].cluster, one.labels[map * cells + cell]);
      }
    });
  });

  test("mirrors its masks when the grid is mirrored", async (gpu) => {
    const { rows, columns } = SMALL;
    const one = picture(SMALL, PAPER.clusterCounts, 9);
    const mirror = <T extends Uint32Array | Float32Array>(values: T, width: number): T =>
      values.map((_, i) => {
        const row = Math.floor(i / (columns * width));
        const column = columns - 1 - Math.floor(i / width) % columns;
        return values[(row * columns + column) * width + i % width];
      }) as T;
    const mirrored = {
      labels: mirror(one.labels, 1),
      saliency: mirror(one.saliency, 1),
      keys: mirror(one.keys, DIM),
    };
    // Equal scores are ordered by the first cell, which a mirror moves: compare sets before NMS.
    const options = { ...PAPER, nmsThreshold: 1 };
    const kept = async (input: Picture, turn: boolean) => {
      const [{ masks, grids }] = await select(gpu, [input], SMALL, options);
      return masks.filter(({ dropped }) => dropped === null).map(({ id, k }) => {
        const cells = [...grids[id].keys()].filter((cell) => grids[id][cell]);
        const turned = cells.map((cell) => turn ? mirrorCell(cell) : cell).sort((a, b) => a - b);
        return `${k}: ${turned}`;
      }).sort();
    };
    const mirrorCell = (cell: number) =>
      Math.floor(cell / columns) * columns + columns - 1 - cell % columns;
    assert.equal(one.saliency.length, rows * columns);
    assert.deepEqual(await kept(mirrored, true), await kept(one, false));
  });

  test("never gains a mask from a higher saliency threshold", async (gpu) => {
    const one = picture(SMALL, PAPER.clusterCounts, 10);
    let before: Set<number> | null = null;
    for (const saliencyThreshold of [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1]) {
      const [{ masks }] = await select(gpu, [one], SMALL, { ...PAPER, saliencyThreshold });
      const passed = new Set(masks.filter(({ rank }) => rank !== null).map(({ id }) => id));
      if (before) assert.ok([...passed].every((id) => before!.has(id)));
      before = passed;
    }
  });

  test("lets every mask pass without saliency and ranks by area", async (gpu) => {
    const one = picture(SMALL, PAPER.clusterCounts, 11);
    const [{ masks, saliency, counts, flags }] = await select(gpu, [one], SMALL, PAPER, false);
    assert.equal(saliency, null);
    assert.deepEqual(flags, []);
    assert.equal(counts.afterSaliency, masks.length);
    assert.ok(masks.every(({ ioa, iou }) => ioa === null && iou === null));
    const areas = masks.toSorted((a, b) => a.rank! - b.rank!).map((mask) => mask.areaPatches);
    assert.deepEqual(areas, areas.toSorted((a, b) => b - a));
  });

  test("proposes nothing and says so when saliency finds one cluster only", async (gpu) => {
    const one = picture(SMALL, PAPER.clusterCounts, 12);
    const blank = { ...one, saliency: new Uint32Array(one.saliency.length) };
    const [{ masks, saliency, counts, flags }] = await select(gpu, [blank], SMALL, PAPER);
    assert.deepEqual(flags, ["no-saliency"]);
    assert.equal(saliency!.areaPatches, 0);
    assert.equal(counts.kept, 0);
    assert.ok(masks.every(({ dropped }) => dropped?.rule === "saliency" && dropped.score === 0));
  });

  test("names an empty cluster", async (gpu) => {
    const one = picture(SMALL, [2], 13);
    const [{ masks, flags, counts }] = await select(
      gpu,
      [{ ...one, labels: new Uint32Array(one.labels.length) }],
      SMALL,
      { ...PAPER, clusterCounts: [2] },
    );
    assert.deepEqual(flags, ["empty-cluster"]);
    assert.equal(counts.clusters, 1);
    assert.equal(masks.length, 1);
  });

  test("reads again for a picture with very many masks", async (gpu) => {
    const grid = { rows: 20, columns: 20 };
    const usual = picture(grid, [2, 3], 14);
    const labels = Uint32Array.from(
      { length: 800 },
      (_, i) => (i % 20 + Math.floor(i / 20)) % 2, // a checkerboard in both maps
    );
    const options = { ...PAPER, clusterCounts: [2, 3], saliencyThreshold: 0 };
    const [many, few] = await select(gpu, [{ ...usual, labels }, usual], grid, options);
    assert.ok(many.masks.length === 800 && many.masks.length > ROWS_PER_READ);
    assert.equal(many.counts.kept, 400); // the second map repeats the first
    const [alone] = await select(gpu, [usual], grid, options);
    assert.deepEqual(few, alone);
  });

  test("suppresses rightly among 4,800 masks", async (gpu) => {
    // More rounds of a loop than Mesa's software adapter runs in one dispatch (65,535).
    const grid = { rows: 30, columns: 40 };
    const usual = picture(grid, [2, 2, 2, 2], 15);
    const labels = usual.labels.map((_, i) => (i % 40 + Math.floor(i / 40)) % 2);
    const options = { ...PAPER, clusterCounts: [2, 2, 2, 2], saliencyThreshold: 0 };
    const [{ counts }] = await select(gpu, [{ ...usual, labels }], grid, options);
    assert.equal(counts.components, 4800);
    assert.equal(counts.kept, 1200); // three maps of four repeat the first
  });

  test("rejects label maps that do not fit the cluster counts", (gpu) => {
    const input = {
      labels: gpu.empty([1, 3, 4, 4], "u32"),
      clusterCounts: [2, 3],
      saliencyLabels: null,
      unitKeys: gpu.empty([1, 16, DIM]),
    };
    assert.throws(() => selectMasks(gpu, input, PAPER), {
      message: "splitComponents: labels must be [images, 2, rows, columns], got [1, 3, 4, 4]",
    });
  });
});
