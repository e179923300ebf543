import { type Gpu, GpuMemoryError, openPlanner, type PlannedFor } from "@fiedler/gpu";
import type { Grid } from "@fiedler/models";
import { type BatchSettings, makeBatchComputer } from "./compute_batch.ts";

/** Pictures that are computed together. */
export interface BatchSize {
  /** `[rows, columns]` of patches. */
  readonly grid: Grid;
  /** Number of pictures. */
  readonly images: number;
}

/**
 * Most bytes of GPU memory that a proposer takes for these batches, one after the other, besides
 * the parameters of its models. Buffers of one grid serve the next where their sizes agree, so that
 * the order does not matter.
 *
 * Found by recording the batches on a device that allocates nothing: {@linkcode openPlanner}.
 *
 * @param settings as of the proposer; backbones may lie on any device, a planner too.
 * @param stages whether keys and affinity are read back as well.
 * @throws {GpuMemoryError} when a tensor is larger than the device allows.
 */
export async function planBatches(
  like: PlannedFor,
  settings: BatchSettings,
  batches: readonly BatchSize[],
  { stages = false }: { readonly stages?: boolean } = {},
): Promise<number> {
  const planner = await openPlanner(like);
  const computer = makeBatchComputer(planner, settings);
  const { patch } = settings.model.backbone;
  for (const { grid: [rows, columns], images } of batches) {
    const [height, width] = [rows * patch, columns * patch];
    const picture = { height, width, data: new Uint8Array(3 * height * width) };
    await computer.compute(new Array(images).fill(picture), stages);
  }
  const { peakBytes } = planner.memory;
  planner.close();
  return peakBytes;
}

/** How many pictures fit the memory budget of a device, found by planning and remembered. */
export class BatchFit {
  #planned = new Map<string, Promise<number>>();

  constructor(
    private readonly gpu: Gpu,
    private readonly settings: BatchSettings,
    /** Gives back what only makes later batches faster. */
    private readonly makeRoom: () => void,
  ) {}

  /**
   * The most pictures of a grid, up to `wanted`, whose batch fits beside what is in use.
   *
   * @throws {GpuMemoryError} when not even one does.
   */
  async images(grid: Grid, wanted: number, stages: boolean): Promise<number> {
    if (this.gpu.memory.budgetBytes === Infinity) return wanted;
    const fits = async (images: number) => await this.#bytes(grid, images, stages) <= this.#room;
    if (await fits(wanted)) return wanted;
    this.makeRoom();
    if (await fits(wanted)) return wanted;
    if (!await fits(1)) throw await this.#refusal(grid, stages);
    let [most, tooMany] = [1, wanted];
    while (tooMany - most > 1) {
      const middle = Math.floor((most + tooMany) / 2);
      if (await fits(middle)) most = middle;
      else tooMany = middle;
    }
    return most;
  }

  get #room(): number {
    const { budgetBytes, liveBytes } = this.gpu.memory;
    return budgetBytes - liveBytes;
  }

  #bytes(grid: Grid, images: number, stages: boolean): Promise<number> {
    const key = `${grid} ${images} ${stages}`;
    let bytes = this.#planned.get(key);
    if (!bytes) {
      bytes = planBatches(this.gpu, this.settings, [{ grid, images }], { stages });
      this.#planned.set(key, bytes);
    }
    return bytes;
  }

  async #refusal(grid: Grid, stages: boolean): Promise<GpuMemoryError> {
    const needed = await this.#bytes(grid, 1, stages);
    return new GpuMemoryError(
      `a picture of ${grid.join(" × ")} patches needs ${mebibytes(needed)} of GPU memory, ` +
        `${mebibytes(this.#room)} of the budget are left; use smaller pictures or raise the budget`,
    );
  }
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
