import { encodeRle, rleToString } from "@fiedler/coco";
import { GpuLostError, Tuning, type TuningTable } from "@fiedler/gpu";
import type {
  Engine,
  EngineSettings,
  OpenEngine,
  PreparedPicture,
  Proposals,
} from "../../packages/cli/engine.ts";

const PATCH = 8;

/** Options of {@linkcode fakeEngine}. */
export interface FakeOptions {
  /** Milliseconds a picture takes. */
  readonly delayMs?: number;
  /** Calls of `propose`, counted over all engines, that lose the device. */
  readonly loseAt?: readonly number[];
  readonly description?: string;
  readonly tuning?: TuningTable;
}

/** A stand-in for the pipeline: bright patches are the only mask. Needs no GPU. */
export function fakeEngine(options: FakeOptions = {}): OpenEngine {
  let calls = 0;
  return (settings) =>
    Promise.resolve(
      {
        adapter: {
          vendor: "test",
          architecture: "",
          description: options.description ?? "stand-in",
          software: true,
          subgroupSize: null,
          f16: false,
          timestamps: false,
          texels: false,
        },
        tuning: new Tuning(options.tuning ?? null),
        patch: PATCH,
        maxPatches: 5788,
        peakBytes: 1 << 20,
        kernelTimes: [{ stage: "features", kernel: "matmul", calls: 1, ms: 1.5 }],
        async propose(pictures, { stages }) {
          calls++;
          await new Promise((resolve) => setTimeout(resolve, options.delayMs ?? 0));
          if (options.loseAt?.includes(calls)) throw new GpuLostError("gone (test)");
          return pictures.map((picture) => proposalsOf(picture, settings, stages));
        },
        close() {},
      } satisfies Engine,
    );
}

function proposalsOf(
  picture: PreparedPicture,
  { model, options }: EngineSettings,
  stages: boolean,
): Proposals {
  const { image, id, sha256, size, resized, pixels } = picture;
  const [rows, columns] = [Math.floor(pixels.height / PATCH), Math.floor(pixels.width / PATCH)];
  const bright = new Uint8Array(rows * columns);
  for (let i = 0; i < bright.length; i++) {
    const y = Math.floor(i / columns) * PATCH;
    const x = (i % columns) * PATCH;
    bright[i] = pixels.data[3 * (y * pixels.width + x)] > 127 ? 1 : 0;
  }
  const area = bright.reduce((sum, one) => sum + one, 0);
  const full = encodeRle(new Uint8Array(size[0] * size[1]).fill(1), size[0], size[1]);
  const grid = {
    size: [rows, columns] as const,
    counts: rleToString(encodeRle(bright, rows, columns)),
  };
  const zero = new Uint8Array(rows * columns).toBase64();
  return {
    record: {
      image,
      id,
      sha256,
      size,
      resized,
      crop: [pixels.height, pixels.width],
      grid: [rows, columns],
      patch: PATCH,
      model: { name: model.name, sha256: model.sha256, centred: true },
      saliencyModel: null,
      seed: options.seed,
      flags: [],
      eigen: { values: [0, 0.5], residuals: [0, 0], gaps: { 2: 0.1 } },
      saliency: null,
      counts: { clusters: 2, components: 1, afterArea: 1, afterSaliency: 1, kept: 1 },
      masks: [{
        id: 0,
        k: 2,
        cluster: 0,
        component: 0,
        areaPatches: area,
        borderPatches: 0,
        ioa: null,
        iou: null,
        coherence: 1,
        rank: 0,
        dropped: null,
        grid,
        segmentation: { size, counts: rleToString(full) },
        bbox: [0, 0, size[1], size[0]],
        areaPixels: size[0] * size[1],
      }],
    },
    panel: {
      image,
      id,
      grid: [rows, columns],
      eigenvectors: [zero],
      saliencyEigenvectors: [],
      labels: [{ k: 2, labels: zero }],
    },
    stages: stages ? { keys: { shape: [rows * columns], data: Float32Array.from(bright) } } : null,
  };
}
