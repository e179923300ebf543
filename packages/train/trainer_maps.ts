import { byteLength, type Gpu, type Tensor } from "@fiedler/gpu";
import { zoomMaps } from "@fiedler/kernels/training";
import type { MapSource } from "@fiedler/segmenter";
import { wordsOf } from "./losses_targets.ts";
import type { StepView } from "./step_view.ts";

/** A window that leaves nothing out. */
const WHOLE = [0, 0, 1, 1] as const;

/**
 * Feature maps of views, of which those that repeat may be kept on the GPU. Maps that may be kept are
 * computed view by view, so that they do not depend on what was kept before.
 */
export class FrozenMaps {
  readonly #kept = new Map<string, readonly Tensor[]>();
  #keptBytes = 0;

  /** Keeps nothing yet. */
  constructor(
    private readonly gpu: Gpu,
    private readonly source: MapSource,
    /** Bytes of the maps that are kept at most; the oldest make room. */
    private readonly allowanceBytes: number,
  ) {}

  /**
   * The maps of the windows of some views, which the caller frees. Not inside a scope.
   *
   * @param views of one padded size.
   * @returns `[images, rows, columns, channels]` f32 each.
   */
  async of(views: readonly StepView[]): Promise<readonly Tensor[]> {
    const whole = await this.#whole(views);
    if (views.every(({ window }) => window === null)) return whole;
    const windows = Float32Array.from(views.flatMap(({ window }) => window ?? WHOLE));
    try {
      return this.gpu.scope(() => {
        const parts = this.gpu.upload(windows, [views.length, WHOLE.length]);
        return whole.map((map) => zoomMaps(this.gpu, map, parts));
      });
    } finally {
      this.gpu.free(...whole);
    }
  }

  /** The maps of all of the views. */
  async #whole(views: readonly StepView[]): Promise<readonly Tensor[]> {
    if (this.allowanceBytes === 0 || views.every(({ repeats }) => repeats === null)) {
      return await this.#compute(views);
    }
    const parts: (readonly Tensor[])[] = [];
    const passing: Tensor[] = [];
    try {
      for (const view of views) {
        const kept = this.#kept.get(keyOf(view));
        const maps = kept ?? await this.#compute([view]);
        parts.push(maps);
        if (!kept) passing.push(...maps);
      }
      const all = this.gpu.scope(() => stacked(this.gpu, parts));
      views.forEach((view, i) => {
        if (this.#keep(view, parts[i])) {
          parts[i].forEach((map) => passing.splice(passing.indexOf(map), 1));
        }
      });
      return all;
    } finally {
      this.gpu.free(...passing);
    }
  }

  /** Gives back all that is kept. */
  free(): void {
    for (const key of [...this.#kept.keys()]) this.#drop(key);
  }

  async #compute(views: readonly StepView[]): Promise<readonly Tensor[]> {
    const { gpu } = this;
    const [height, width] = views[0].padded;
    const length = Math.ceil(3 * height * width / 4);
    const packed = new Uint32Array(views.length * length);
    views.forEach(({ rgb }, image) => packed.set(wordsOf(rgb), image * length));
    const rgb = gpu.upload(packed, [views.length, length]);
    try {
      return await this.source.maps(gpu, rgb, [height, width]);
    } finally {
      gpu.free(rgb);
    }
  }

  /** Whether maps that were not kept now are. */
  #keep(view: StepView, maps: readonly Tensor[]): boolean {
    const bytes = bytesOf(maps);
    const key = keyOf(view);
    if (view.repeats === null || this.#kept.has(key) || bytes > this.allowanceBytes) return false;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes + bytes <= this.allowanceBytes) break;
      this.#drop(oldest);
    }
    this.#kept.set(key, maps);
    this.#keptBytes += bytes;
    return true;
  }

  #drop(key: string): void {
    const maps = this.#kept.get(key) ?? [];
    this.#kept.delete(key);
    this.#keptBytes -= bytesOf(maps);
    this.gpu.free(...maps);
  }
}

/** The maps of several views as those of one batch. */
function stacked(gpu: Gpu, views: readonly (readonly Tensor[])[]): Tensor[] {
  return views[0].map(({ shape }, i) => {
    const out = gpu.empty([views.length, ...shape.slice(1)]);
    const length = byteLength(views[0][i]) / 4;
    views.forEach((maps, image) => gpu.copy(maps[i], out, image * length));
    return out;
  });
}

/** Views of the same pixels at the same size; nothing for one that does not repeat. */
const keyOf = ({ repeats, padded }: StepView): string =>
  repeats === null ? "" : `${padded} ${repeats}`;

const bytesOf = (maps: readonly Tensor[]): number =>
  maps.reduce((sum, map) => sum + byteLength(map), 0);
