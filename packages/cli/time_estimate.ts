import type { Gpu } from "@fiedler/gpu";
import type { Size } from "@fiedler/io";
import { normals } from "@fiedler/kernels";
import type { Backbone, FeatureOptions, Grid } from "@fiedler/models";
import {
  type BatchSettings,
  type Extractor,
  makeProposer,
  type PreparedPicture,
  sharesCut,
} from "@fiedler/pipeline";

/** Pictures of one grid and size, that a run will compute. */
export interface GridCount {
  readonly grid: Grid;
  /** Of the pictures as they come. */
  readonly size: Size;
  readonly pictures: number;
  /** Of them computed at once. */
  readonly batch: number;
}

/** How long a run will take, and what that was told from. */
export interface TimeEstimate {
  readonly seconds: number;
  /** Of these, until the first picture: the driver compiles the kernels. */
  readonly startSeconds: number;
  /** Operations of the feature extractors for a picture, on average. */
  readonly flopsPerPicture: number;
  /** Operations a second that they do on this adapter. */
  readonly flopsPerSecond: number;
  /** Everything else on the device and behind it, for a picture, on average. */
  readonly otherSecondsPerPicture: number;
}

/** Patches of the largest generated picture that clustering is timed on: half a second on a CPU. */
const MOST_CELLS = 1024;
/** What one timing may take. */
const PROBE_SECONDS = 0.7;
/** Seconds to draw and write the overlay of a megapixel, by one worker: measured on the photos. */
const OVERLAY_SECONDS = 0.4;

/**
 * Estimates a run. Features: the operations of every picture, and of a grey one for each grid where
 * models are centred, at the speed of the first block of the model itself. What follows them: the
 * time of generated features, which grows with the square of the grid's cells.
 *
 * @param settings whose backbones lie on `gpu`; their values do not matter.
 */
export async function estimateTime(
  gpu: Gpu,
  settings: BatchSettings,
  grids: readonly GridCount[],
  { overlays }: { readonly overlays: boolean },
): Promise<TimeEstimate> {
  const pictures = grids.reduce((sum, grid) => sum + grid.pictures, 0);
  const typical = grids.toSorted((a, b) => area(b.grid) - area(a.grid))[grids.length >> 1];
  const features = await featureSeconds(gpu, settings, grids, typical);
  const clustering = await clusteringSeconds(gpu, settings, typical);
  const other = grids.reduce((sum, { grid, size, pictures }) => {
    const drawing = overlays ? OVERLAY_SECONDS * size.width * size.height / 1e6 : 0;
    return sum + pictures * (clustering.seconds(grid) + drawing);
  }, 0);
  const startSeconds = features.startSeconds + clustering.startSeconds;
  return {
    seconds: startSeconds + features.seconds + other,
    startSeconds,
    flopsPerPicture: features.flops / pictures,
    flopsPerSecond: features.flops / features.seconds,
    otherSecondsPerPicture: other / pictures,
  };
}

const area = ([rows, columns]: Grid): number => rows * columns;

/** Operations of all extractors over all pictures, and their time. */
async function featureSeconds(
  gpu: Gpu,
  settings: BatchSettings,
  grids: readonly GridCount[],
  typical: GridCount,
): Promise<{ flops: number; seconds: number; startSeconds: number }> {
  const { model, saliencyModel, options } = settings;
  const extractors = saliencyModel && !sharesCut(settings) ? [model, saliencyModel] : [model];
  const total = { flops: 0, seconds: 0, startSeconds: 0 };
  for (const { backbone, centred } of extractors) {
    const flops = grids.reduce(
      (sum, { grid, pictures }) => sum + (pictures + +centred) * backbone.flops(grid, options),
      0,
    );
    const speed = await speedOf(gpu, backbone, typical);
    total.flops += flops;
    total.seconds += flops / speed.flopsPerSecond;
    total.startSeconds += speed.startSeconds;
  }
  return total;
}

/**
 * Operations a second of a model's first block, on a batch as the run's, or as much of one as
 * takes {@linkcode PROBE_SECONDS}.
 */
async function speedOf(
  gpu: Gpu,
  backbone: Backbone,
  { grid, batch }: GridCount,
): Promise<{ flopsPerSecond: number; startSeconds: number }> {
  const facet = backbone.facets.includes("token") ? "token" : backbone.facets[0];
  const options: FeatureOptions = { layer: 0, facet };
  const time = async (grid: Grid, images: number, repeats: number) => {
    const words = Math.ceil(3 * area(grid) * backbone.patch ** 2 / 4);
    const rgb = gpu.zeros([images, words], "u32");
    await gpu.settle();
    const started = performance.now();
    for (let i = 0; i < repeats; i++) {
      if (backbone.compute) gpu.free(await backbone.compute(gpu, rgb, grid, options));
      else gpu.scope(() => void backbone.features(gpu, rgb, grid, options));
    }
    await gpu.settle();
    gpu.free(rgb);
    return (performance.now() - started) / 1000;
  };
  // A graph of another runtime may take pictures of this size alone.
  const shrink = backbone.compute ? (grid: Grid) => grid : shrunk;
  const small = shrink(grid, 256);
  const startSeconds = await time(small, 1, 1);
  const rough = backbone.flops(small, options) / await time(small, 1, 1);
  const affordable = rough * PROBE_SECONDS;
  const one = backbone.flops(grid, options);
  const images = Math.max(1, Math.min(batch, Math.floor(affordable / one)));
  const cells = area(grid) * Math.min(1, affordable / one);
  const probed = shrink(grid, Math.max(area(small), cells));
  const flops = images * backbone.flops(probed, options);
  const repeats = Math.max(1, Math.min(50, Math.floor(affordable / flops)));
  return { flopsPerSecond: repeats * flops / await time(probed, images, repeats), startSeconds };
}

/** A grid of the same shape with at most so many patches. */
function shrunk([rows, columns]: Grid, most: number): Grid {
  const scale = Math.min(1, Math.sqrt(most / (rows * columns)));
  return [Math.max(1, Math.floor(rows * scale)), Math.max(1, Math.floor(columns * scale))];
}

/** Seconds that follow the features of a picture: timed on generated ones. */
async function clusteringSeconds(
  gpu: Gpu,
  settings: BatchSettings,
  { grid, size, batch }: GridCount,
): Promise<{ seconds: (grid: Grid) => number; startSeconds: number }> {
  const time = async (grid: Grid, images: number) => {
    const stub = (extractor: Extractor) => ({
      ...extractor,
      centred: false,
      backbone: generated(extractor.backbone, grid),
    });
    const model = stub(settings.model);
    const { saliencyModel: second } = settings;
    const saliencyModel = second && (sharesCut(settings) ? model : stub(second));
    const proposer = makeProposer(gpu, { ...settings, model, saliencyModel });
    const pictures = new Array(images).fill(noise(grid, proposer.patch, size));
    const started = performance.now();
    await proposer.propose(pictures);
    return (performance.now() - started) / 1000;
  };
  const startSeconds = await time(shrunk(grid, 64), 1);
  const probed = shrunk(grid, MOST_CELLS);
  const images = Math.min(batch, Math.max(1, Math.floor(MOST_CELLS / area(probed))));
  const each = await time(probed, images) / images;
  return { startSeconds, seconds: (other) => each * (area(other) / area(probed)) ** 2 };
}

/** A picture that is not flat; what it shows is never looked at, but by the CRF. */
function noise([rows, columns]: Grid, patch: number, { width, height }: Size): PreparedPicture {
  const pixels = { height: rows * patch, width: columns * patch };
  const values = normals(3 * pixels.height * pixels.width, { seed: 1 });
  const data = Uint8Array.from(values, (value) => 127 + 40 * value);
  const resized = [pixels.height, pixels.width] as const;
  const about = { image: "", id: 1, sha256: "", size: [height, width] as const, resized };
  return { ...about, pixels: { ...pixels, data } };
}

/** Waves along each axis, and the noise, of generated features. */
const WAVES = 8;
const NOISE = 1;

/**
 * In place of a model: the same features for every picture of a grid. They are waves across it, long
 * ones strong and short ones weak, with noise: a spectrum that decays as that of real features, so
 * that clustering takes about as many steps.
 */
function generated(backbone: Backbone, [rows, columns]: Grid): Backbone {
  const { dim } = backbone;
  const cells = rows * columns;
  const values = normals(cells * dim, { seed: 2 }).map((value) => NOISE * value);
  const directions = normals(WAVES ** 2 * dim, { seed: 3 });
  for (let wave = 0; wave < WAVES ** 2; wave++) {
    const [down, across] = [Math.floor(wave / WAVES), wave % WAVES];
    for (let cell = 0; cell < cells; cell++) {
      const [y, x] = [Math.floor(cell / columns) + 0.5, cell % columns + 0.5];
      const height = Math.cos(Math.PI * down * y / rows) *
        Math.cos(Math.PI * across * x / columns) /
        (1 + down + across);
      for (let d = 0; d < dim; d++) values[cell * dim + d] += height * directions[wave * dim + d];
    }
  }
  return {
    ...backbone,
    compute: undefined,
    features(gpu, rgb) {
      const [images] = rgb.shape;
      const one = gpu.upload(values, [cells, dim]);
      const out = gpu.empty([images, cells, dim]);
      for (let image = 0; image < images; image++) gpu.copy(one, out, image * cells * dim);
      gpu.free(one);
      return out;
    },
  };
}
