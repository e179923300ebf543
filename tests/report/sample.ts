/**
 * Records and panels to draw, without a GPU and without weights: the stages of the paper in plain
 * loops over the mean colours of patches. Good enough to look like a run, not meant to be one.
 */

import { encodeRle, rleArea, rleBox, rleFromGrid, rleToString } from "@fiedler/coco";
import { encodeJpeg, planSize, resizeImage, type RgbImage } from "@fiedler/io";
import type {
  DropReason,
  MaskRecord,
  PanelRecord,
  PictureRecord,
  ReportPicture,
  RunSummary,
} from "@fiedler/report";

const PATCH = 16;
const CLUSTER_COUNTS = [2, 3, 4, 5];
const VECTORS = 6;
const LIMITS = { minPatches: 3, maxShare: 0.6, saliency: 0.5, nms: 0.7 };

/** A run of which nothing is true but the shape. */
export const sampleRun: RunSummary = {
  title: "free-photos",
  command: "./fiedler pipeline fixtures/photos --out runs/free-photos --preset practical",
  startedAt: "2026-03-14T09:26:53Z",
  version: "0.1.0",
  adapter: {
    description: "llvmpipe (LLVM 19.1.7, 256 bits)",
    vendor: "mesa",
    architecture: "llvmpipe",
    software: true,
  },
  weights: [{ name: "mae-tiny", title: "MAE, ViT-B/16", terms: "CC-BY-NC-4.0" }],
  options: [
    { name: "clusterCounts", value: CLUSTER_COUNTS, source: "§4, Table 4" },
    { name: "affinity", value: "relu", source: "§3" },
    { name: "minPatches", value: LIMITS.minPatches, source: "our choice" },
    { name: "saliencyThreshold", value: LIMITS.saliency, source: "§4" },
    { name: "nmsThreshold", value: LIMITS.nms, source: "our choice" },
    { name: "seed", value: 0, source: null },
  ],
  wallMs: 41_870,
  stages: [
    { name: "decode", ms: 1_240 },
    { name: "features", ms: 33_100 },
    { name: "spectral", ms: 4_950 },
    { name: "components", ms: 310 },
    { name: "saliency", ms: 640 },
    { name: "filter and NMS", ms: 270 },
    { name: "write", ms: 1_360 },
  ],
  kernels: [
    { name: "matmul", ms: 19_830, calls: 1_248 },
    { name: "attention", ms: 8_420, calls: 156 },
    { name: "layerNorm", ms: 1_190, calls: 325 },
    { name: "gelu", ms: 980, calls: 156 },
    { name: "cosineAffinity", ms: 610, calls: 26 },
    { name: "kMeansStep", ms: 42.3, calls: 1_560 },
  ],
  peakGpuBytes: 187 * 2 ** 20,
  outputs: [
    { path: "proposals/proposals.coco.json", what: "all kept masks, COCO results" },
    { path: "proposals/shard-00000.jsonl", what: "every mask with its provenance" },
    { path: "run.json", what: "command, options and environment" },
  ],
};

/** One picture run through the stand-in stages. */
export async function samplePicture(
  image: RgbImage,
  name: string,
  id: number,
  rule = "short:240",
): Promise<ReportPicture> {
  const plan = planSize(image.width, image.height, rule, PATCH);
  const { rows, columns } = plan.grid;
  const cells = patchColours(image, rows, columns, plan);
  const { values, vectors } = eigenvectors(cells, rows, columns);
  const labels = CLUSTER_COUNTS.map((k) => ({ k, labels: kMeans(vectors.slice(1, k), k) }));
  const salient = foreground(labels[0].labels, rows, columns);
  const masks = judge(split(labels, rows, columns), salient, cells, rows, columns);
  const rowOf = cellOf(image.height, plan.resized.height, rows);
  const columnOf = cellOf(image.width, plan.resized.width, columns);
  const gridRle = (mask: Uint8Array) => ({
    size: [rows, columns] as const,
    counts: rleToString(encodeRle(mask, rows, columns)),
  });
  const records = masks.map(({ mask, ...record }): MaskRecord => {
    const plain = { ...record, grid: gridRle(mask) };
    if (record.dropped) return plain;
    const runs = rleFromGrid(mask, columns, rowOf, columnOf);
    return {
      ...plain,
      segmentation: { size: [image.height, image.width], counts: rleToString(runs) },
      bbox: rleBox(runs, image.height),
      areaPixels: rleArea(runs),
    };
  });
  const gaps = CLUSTER_COUNTS.map((k) => [k, (values[k] ?? 1) - values[k - 1]] as const);
  const record: PictureRecord = {
    image: name,
    id,
    sha256: "5f0c".repeat(16),
    size: [image.height, image.width],
    resized: [plan.resized.height, plan.resized.width],
    crop: [plan.crop.height, plan.crop.width],
    grid: [rows, columns],
    patch: PATCH,
    model: { name: "mae-tiny", sha256: "a1b2".repeat(16), centred: false },
    saliencyModel: { name: "dino-tiny", sha256: "c3d4".repeat(16), centred: true },
    seed: 0,
    flags: gaps.some(([, gap]) => gap < 1e-3) ? ["small-gap"] : [],
    eigen: { values, residuals: values.map(() => 3e-6), gaps: Object.fromEntries(gaps) },
    saliency: {
      areaPatches: salient.reduce((sum, cell) => sum + cell, 0),
      borderPatches: [12, 60],
      grid: gridRle(salient),
    },
    counts: {
      clusters: 14,
      components: masks.length,
      afterArea: masks.filter(({ dropped }) => dropped?.rule !== "area").length,
      afterSaliency: masks.filter(({ rank }) => rank !== null).length,
      kept: masks.filter(({ dropped }) => dropped === null).length,
    },
    masks: records,
  };
  const panels = vectors.slice(1).map(signedBytes);
  const panel: PanelRecord = {
    image: name,
    id,
    grid: [rows, columns],
    eigenvectors: panels.slice(0, 4),
    saliencyEigenvectors: panels.slice(0, 2),
    labels: labels.map(({ k, labels }) => ({ k, labels: base64(labels) })),
    thumbnail: await thumbnail(image),
  };
  return { record, panel };
}

async function thumbnail(image: RgbImage): Promise<string> {
  const scale = Math.min(1, 512 / Math.max(image.width, image.height));
  const small = resizeImage(image, {
    width: Math.round(image.width * scale),
    height: Math.round(image.height * scale),
  });
  return base64(await encodeJpeg(small, 78));
}

/** Mean colour of each patch and its place, as a feature of five numbers. */
function patchColours(
  image: RgbImage,
  rows: number,
  columns: number,
  { resized }: ReturnType<typeof planSize>,
): Float64Array[] {
  const small = resizeImage(image, {
    width: Math.round(resized.width / PATCH) || 1,
    height: Math.round(resized.height / PATCH) || 1,
  });
  return Array.from({ length: rows * columns }, (_, i) => {
    const [y, x] = [Math.floor(i / columns), i % columns];
    const from = (Math.min(y, small.height - 1) * small.width + Math.min(x, small.width - 1)) * 3;
    const [r, g, b] = small.data.subarray(from, from + 3);
    return Float64Array.of(
      (r + g + b) / 3 / 255 * 2,
      (r - g) / 255 * 3,
      (b - (r + g) / 2) / 255 * 3,
      y / rows * 0.45,
      x / columns * 0.45,
    );
  });
}

/** Leading eigenvectors of the normalised affinity by orthogonal iteration. */
function eigenvectors(cells: Float64Array[], rows: number, columns: number) {
  const n = rows * columns;
  const affinity = new Float64Array(n * n);
  const degree = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const distance = cells[i].reduce((sum, value, c) => sum + (value - cells[j][c]) ** 2, 0);
      affinity[i * n + j] = Math.exp(-distance / 0.06) + 1e-4;
      degree[i] += affinity[i * n + j];
    }
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) affinity[i * n + j] /= Math.sqrt(degree[i] * degree[j]);
  }
  let basis: Float64Array[] = Array.from(
    { length: VECTORS },
    (_, v) => Float64Array.from({ length: n }, (_, i) => Math.sin((v + 1) * (i + 1) * 0.37)),
  );
  let norms: number[] = [];
  for (let step = 0; step < 40; step++) {
    const next = basis.map((vector) => multiply(affinity, vector, n));
    norms = orthonormalise(next);
    basis = next;
  }
  const values = norms.map((norm) => Math.max(0, 1 - norm));
  const vectors = basis.map((vector) => vector.map((value, i) => value / Math.sqrt(degree[i])));
  return { values, vectors };
}

function multiply(matrix: Float64Array, vector: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) out[i] += matrix[i * n + j] * vector[j];
  }
  return out;
}

/** Gram–Schmidt in place; returns the lengths before scaling. */
function orthonormalise(vectors: Float64Array[]): number[] {
  return vectors.map((vector, v) => {
    for (const earlier of vectors.slice(0, v)) {
      const dot = vector.reduce((sum, value, i) => sum + value * earlier[i], 0);
      for (let i = 0; i < vector.length; i++) vector[i] -= dot * earlier[i];
    }
    const norm = Math.hypot(...vector);
    for (let i = 0; i < vector.length; i++) vector[i] /= norm;
    return norm;
  });
}

/** Lloyd's iteration from centres that are far apart; labels by first occurrence. */
function kMeans(vectors: readonly Float64Array[], k: number): Uint8Array {
  const n = vectors[0].length;
  const scale = vectors.map((vector) => Math.hypot(...vector) || 1);
  const point = (i: number) => vectors.map((vector, v) => vector[i] / scale[v]);
  const distance = (a: number[], b: number[]) => a.reduce((sum, x, d) => sum + (x - b[d]) ** 2, 0);
  const points = Array.from({ length: n }, (_, i) => point(i));
  const centres = [points[0]];
  const nearest = (p: number[]) => Math.min(...centres.map((centre) => distance(p, centre)));
  while (centres.length < k) {
    centres.push(points.reduce((best, p) => nearest(p) > nearest(best) ? p : best));
  }
  let labels = new Uint8Array(n);
  for (let step = 0; step < 20; step++) {
    labels = Uint8Array.from(points, (p) => {
      const distances = centres.map((centre) => distance(p, centre));
      return distances.indexOf(Math.min(...distances));
    });
    centres.forEach((_, c) => {
      const mine = points.filter((_, i) => labels[i] === c);
      if (mine.length === 0) return;
      centres[c] = mine[0].map((_, d) => mine.reduce((sum, p) => sum + p[d], 0) / mine.length);
    });
  }
  const order = [...new Set(labels)];
  return labels.map((label) => order.indexOf(label));
}

/** Of two clusters the one with fewer cells on the border. */
function foreground(labels: Uint8Array, rows: number, columns: number): Uint8Array {
  const border = [0, 0];
  labels.forEach((label, i) => {
    const [y, x] = [Math.floor(i / columns), i % columns];
    if (y === 0 || x === 0 || y === rows - 1 || x === columns - 1) border[label]++;
  });
  const side = border[0] <= border[1] ? 0 : 1;
  return labels.map((label) => label === side ? 1 : 0);
}

interface Piece {
  readonly k: number;
  readonly cluster: number;
  readonly component: number;
  readonly mask: Uint8Array;
}

/** Connected pieces of every cluster, 4 neighbours. */
function split(
  labels: readonly { k: number; labels: Uint8Array }[],
  rows: number,
  columns: number,
): Piece[] {
  return labels.flatMap(({ k, labels }) => {
    const seen = new Uint8Array(labels.length);
    const pieces = new Array<number>(k).fill(0);
    const found: Piece[] = [];
    labels.forEach((cluster, start) => {
      if (seen[start]) return;
      const mask = new Uint8Array(labels.length);
      const queue = [start];
      seen[start] = 1;
      for (let i = queue.pop(); i !== undefined; i = queue.pop()) {
        mask[i] = 1;
        const x = i % columns;
        const around = [i - columns, i + columns, x > 0 ? i - 1 : -1, x < columns - 1 ? i + 1 : -1];
        for (const j of around) {
          if (j < 0 || j >= rows * columns || seen[j] || labels[j] !== cluster) continue;
          seen[j] = 1;
          queue.push(j);
        }
      }
      found.push({ k, cluster, component: pieces[cluster]++, mask });
    });
    return found;
  });
}

type Judged = Omit<MaskRecord, "grid"> & { mask: Uint8Array };

/** The filter and greedy NMS, with reasons. */
function judge(
  pieces: readonly Piece[],
  salient: Uint8Array,
  cells: readonly Float64Array[],
  rows: number,
  columns: number,
): Judged[] {
  const area = (mask: Uint8Array) => mask.reduce((sum, cell) => sum + cell, 0);
  const both = (a: Uint8Array, b: Uint8Array) => a.reduce((sum, cell, i) => sum + (cell & b[i]), 0);
  const iou = (a: Uint8Array, b: Uint8Array) => both(a, b) / (area(a) + area(b) - both(a, b));
  const judged = pieces.map((piece, id): Judged => {
    const areaPatches = area(piece.mask);
    const ioa = both(piece.mask, salient) / areaPatches;
    const share = areaPatches / (rows * columns);
    const dropped: DropReason | null = areaPatches < LIMITS.minPatches
      ? { rule: "area", areaPatches, minPatches: LIMITS.minPatches }
      : share > LIMITS.maxShare
      ? { rule: "size", share, maxShare: LIMITS.maxShare }
      : ioa < LIMITS.saliency
      ? { rule: "saliency", score: ioa, threshold: LIMITS.saliency }
      : null;
    return {
      ...piece,
      id,
      areaPatches,
      borderPatches: 0,
      ioa,
      iou: iou(piece.mask, salient),
      coherence: coherence(piece.mask, cells),
      rank: null,
      dropped,
    };
  });
  const ranked = judged.filter(({ dropped }) => dropped === null)
    .sort((a, b) => (b.ioa ?? 0) - (a.ioa ?? 0) || b.areaPatches - a.areaPatches || a.id - b.id);
  const verdicts = new Map<number, Pick<Judged, "rank" | "dropped">>();
  const kept: Judged[] = [];
  ranked.forEach((mask, rank) => {
    const rival = kept.find((other) => iou(mask.mask, other.mask) > LIMITS.nms);
    if (!rival) kept.push(mask);
    verdicts.set(mask.id, {
      rank,
      dropped: rival
        ? { rule: "nms", rival: rival.id, iou: iou(mask.mask, rival.mask), threshold: LIMITS.nms }
        : null,
    });
  });
  return judged.map((mask) => ({ ...mask, ...verdicts.get(mask.id) }));
}

function coherence(mask: Uint8Array, cells: readonly Float64Array[]): number {
  const mine = cells.filter((_, i) => mask[i]);
  const mean = mine[0].map((_, c) => mine.reduce((sum, cell) => sum + cell[c], 0) / mine.length);
  const cosine = (a: Float64Array) =>
    a.reduce((sum, value, c) => sum + value * mean[c], 0) /
    (Math.hypot(...a) * Math.hypot(...mean));
  return mine.reduce((sum, cell) => sum + cosine(cell), 0) / mine.length;
}

function cellOf(pixels: number, resized: number, cells: number): Int32Array {
  return Int32Array.from({ length: pixels }, (_, i) => {
    const cell = Math.floor((i + 0.5) * resized / pixels / PATCH);
    return cell < cells ? cell : -1;
  });
}

function signedBytes(vector: Float64Array): string {
  const most = vector.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-12);
  return base64(Uint8Array.from(vector, (value) => Math.round(128 + 127 * value / most)));
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
