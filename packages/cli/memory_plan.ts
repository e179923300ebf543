import { type Gpu, openPlanner, type PlannedFor, PORTABLE_DEVICE } from "@fiedler/gpu";
import { type BatchSettings, planBatches, type Proposer } from "@fiedler/pipeline";
import type { EngineSettings } from "./engine.ts";
import { CliError, EXIT } from "./exit.ts";
import { memoryText } from "./memory_budget.ts";
import { loadExtractors, proposerOf } from "./extractors.ts";
import { distinctGrids, type PlannedPicture } from "./picture_sizes.ts";
import { plural } from "./summary.ts";

/**
 * Grids of most patches whose need is planned before a run, unless the first leaves half of the
 * budget. Need does not quite grow with patches, since buffers come in size classes. A smaller grid
 * that needs more is refused when its turn comes.
 */
const GRIDS_CHECKED = 8;

/** The models of a run on a device that holds nothing: to plan with. */
export class MemoryPlan implements Disposable {
  private constructor(
    readonly settings: BatchSettings,
    /** Of all parameters. */
    readonly weightsBytes: number,
    readonly budgetBytes: number,
    /** Says how pictures would be batched within the budget; cannot compute. */
    readonly proposer: Proposer,
    private readonly like: PlannedFor,
    private readonly planners: readonly Gpu[],
  ) {}

  /**
   * Reads no parameter: shapes are enough.
   *
   * @param gpu The device of the run; null plans for {@linkcode PORTABLE_DEVICE}.
   */
  static async open(gpu: Gpu | null, settings: EngineSettings, budgetBytes: number) {
    const like = gpu ?? PORTABLE_DEVICE;
    const holder = await openPlanner(like);
    const extractors = await loadExtractors(holder, settings, "zeros");
    const { liveBytes } = holder.memory;
    const left = Math.max(0, budgetBytes - liveBytes);
    const planner = await openPlanner(like, { memoryBudgetBytes: left });
    const proposer = proposerOf(planner, settings, extractors);
    const batch = { ...extractors, options: settings.options };
    return new MemoryPlan(batch, liveBytes, budgetBytes, proposer, like, [holder, planner]);
  }

  /** Bytes that one picture of a grid needs, the models with it. */
  async pictureBytes(grid: readonly [number, number], stages: boolean): Promise<number> {
    const { weightsBytes, like, settings } = this;
    return weightsBytes + await planBatches(like, settings, [{ grid, images: 1 }], { stages });
  }

  /** Most bytes that a run takes for these batches, the models with them. */
  async runBytes(
    batches: readonly { readonly grid: readonly [number, number]; readonly images: number }[],
    stages: boolean,
  ): Promise<number> {
    const { weightsBytes, budgetBytes, like, settings } = this;
    const bytes = weightsBytes + await planBatches(like, settings, batches, { stages });
    return Math.min(bytes, budgetBytes); // idle buffers make room at the budget
  }

  /**
   * Makes sure that every picture fits the budget alone.
   *
   * @throws {CliError} exit 7 with the need, the budget and what to do.
   */
  async expectFit(
    pictures: readonly PlannedPicture[],
    stages: boolean,
  ): Promise<void> {
    if (this.budgetBytes === Infinity || pictures.length === 0) return;
    let [largest, needed] = [pictures[0], 0];
    for (const picture of distinctGrids(pictures).slice(0, GRIDS_CHECKED)) {
      const bytes = await this.pictureBytes(picture.grid, stages);
      if (bytes > needed) [largest, needed] = [picture, bytes];
      if (2 * needed <= this.budgetBytes) return;
    }
    if (needed <= this.budgetBytes) return;
    const { width, height } = largest.size;
    throw new CliError(
      EXIT.memory,
      `the largest of ${plural(pictures.length, "picture")} needs ${memoryText(needed)} of GPU ` +
        `memory, the budget is ${memoryText(this.budgetBytes)}`,
      `${largest.image}, ${width} × ${height} pixels, ${largest.grid.join(" × ")} patches`,
      await this.#advice(largest, needed, stages),
    );
  }

  /** The size at which every picture fits, whatever its shape, and the budget for this one. */
  async #advice(
    { grid }: PlannedPicture,
    needed: number,
    stages: boolean,
  ): Promise<string> {
    const { patch } = this.proposer;
    const raise = `--memory ${Math.ceil(needed / 2 ** 20)}M if there is that much`;
    // A graph of another runtime may take pictures of this size alone.
    if (this.settings.model.backbone.compute) return `give ${raise}, or choose a smaller model`;
    let [fits, tooLong] = [0, Math.max(...grid)];
    while (tooLong - fits > 1) {
      const side = Math.floor((fits + tooLong) / 2);
      const bound = side ** 2 <= this.proposer.maxPatches;
      if (bound && await this.pictureBytes([side, side], stages) <= this.budgetBytes) fits = side;
      else tooLong = side;
    }
    return fits === 0
      ? `give ${raise}, or choose a smaller model`
      : `make pictures smaller (--resize long:${fits * patch}), or give ${raise}`;
  }

  /** Frees nothing of the run's device. */
  [Symbol.dispose](): void {
    for (const planner of this.planners) planner.close();
  }
}
