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
  /** Operations of the feature extractors for a picture, on average. */
  readonly flopsPerPicture: number;
  /** Operations a second that they do on this adapter. */
  readonly flopsPerSecond: number;
  /** Everything else on the device and behind it, for a picture, on average. */
  readonly otherSecondsPerPicture: number;
}

/** Patches of the largest generated picture that clustering is timed on: 0.6 s on two cores. */
const MOST_CELLS = 1024;
/** What one timing may take. */
const PROBE_SECONDS = 0.7;
/** Seconds to draw and write the overlay of a megapixel; measured with one worker on a 2023 core. */
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
    return sum + pictures * (clustering(grid) + drawing);
  }, 0);
  return {
    seconds: features.seconds + other,
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
): Promise<{ flops: number; seconds: number }> {
  const { model, saliencyModel, options } = settings;
  const extractors = saliencyModel && !sharesCut(settings) ? [model, saliencyModel] : [model];
  const total = { flops: 0, seconds: 0 };
  for (const { backbone, centred } of extractors) {
    const flops = grids.reduce(
      (sum, { grid, pictures }) => sum + (pictures + +centred) * backbone.flops(grid, options),
      0,
    );
    total.flops += flops;
    total.seconds += flops / await speedOf(gpu, backbone, typical);
  }
  return total;
}

/**
 * Operations a second of a model's first block, on a batch as the run's, or as much of one as
 * takes {@linkcode PROBE_SECONDS}.
 */
async function speedOf(gpu: Gpu, backbone: Backbone, { grid, batch }: GridCount): Promise<number> {
  const facet = backbone.facets.includes("token") ? "token" : backbone.facets[0];
  const options: FeatureOptions = { layer: 0, facet };
  const time = async (grid: Grid, images: number, repeats: number) => {
    const words = Math.ceil(3 * area(grid) * backbone.patch ** 2 / 4);
    const rgb = gpu.zeros([images, words], "u32");
    await gpu.settle();
    const started = performance.now();
    for (let i = 0; i < repeats; i++) {
      gpu.scope(() => void backbone.features(gpu, rgb, grid, options));
    }
    await gpu.settle();
    gpu.free(rgb);
    return (performance.now() - started) / 1000;
  };
  const small = shrunk(grid, 256);
  await time(small, 1, 1); // compiles
  const rough = backbone.flops(small, options) / await time(small, 1, 1);
  const affordable = rough * PROBE_SECONDS;
  const one = backbone.flops(grid, options);
  const images = Math.max(1, Math.min(batch, Math.floor(affordable / one)));
  const cells = area(grid) * Math.min(1, affordable / one);
  const probed = shrunk(grid, Math.max(area(small), cells));
  const flops = images * backbone.flops(probed, options);
  const repeats = Math.max(1, Math.min(50, Math.floor(affordable / flops)));
  return repeats * flops / await time(probed, images, repeats);
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
): Promise<(grid: Grid) => number> {
  const stub = (extractor: Extractor) => ({
    ...extractor,
    centred: false,
    backbone: generated(extractor.backbone),
  });
  const model = stub(settings.model);
  const { saliencyModel: second } = settings;
  const saliencyModel = second && (sharesCut(settings) ? model : stub(second));
  const proposer = makeProposer(gpu, { ...settings, model, saliencyModel });
  const probed = shrunk(grid, MOST_CELLS);
  const images = Math.min(batch, Math.max(1, Math.floor(MOST_CELLS / area(probed))));
  const picture = noise(probed, proposer.patch, size);
  await proposer.propose([picture]); // compiles
  const started = performance.now();
  await proposer.propose(new Array(images).fill(picture));
  const seconds = (performance.now() - started) / 1000 / images;
  return (other) => seconds * (area(other) / area(probed)) ** 2;
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

/**
 * In place of a model: features of five regions with some noise, whose clustering takes as many
 * steps as that of real ones.
 */
function generated(backbone: Backbone): Backbone {
  const { dim } = backbone;
  return {
    ...backbone,
    features(gpu, rgb, [rows, columns]) {
      const cells = rows * columns;
      const values = normals(cells * dim, { seed: 2 });
      const centres = normals(REGIONS * dim, { seed: 3 });
      for (let cell = 0; cell < cells; cell++) {
        const region = Math.floor(REGIONS * cell / cells);
        for (let d = 0; d < dim; d++) values[cell * dim + d] += centres[region * dim + d];
      }
      const [images] = rgb.shape;
      const out = gpu.empty([images, cells, dim]);
      const one = gpu.upload(values, [cells, dim]);
      for (let image = 0; image < images; image++) gpu.copy(one, out, image * cells * dim);
      gpu.free(one);
      return out;
    },
  };
}

const REGIONS = 5;
