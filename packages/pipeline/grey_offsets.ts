import type { Gpu, Tensor } from "@fiedler/gpu";
import type { Facet, Grid } from "@fiedler/models";
import { type Extractor, greyOffset } from "./1_features.ts";

/** Grids whose grey keys are kept. */
const KEPT_GRIDS = 16;

/** Grey keys per model and grid; the oldest go when there are many. */
export class GreyOffsets {
  #kept = new Map<string, Tensor>();

  /** Keeps nothing yet. */
  constructor(
    private readonly gpu: Gpu,
    private readonly options: { readonly facet: Facet; readonly layer: number },
  ) {}

  /** What to add to the features of every picture of a grid; nothing where a model is not centred. */
  async of(
    { backbone, sha256, centred }: Extractor,
    grid: Grid,
  ): Promise<Tensor | undefined> {
    if (!centred) return undefined;
    const key = `${sha256} ${grid}`;
    const found = this.#kept.get(key) ?? await greyOffset(this.gpu, backbone, grid, this.options);
    this.#kept.delete(key);
    this.#kept.set(key, found);
    // Twice, since a batch holds one offset for each of its two models.
    if (this.#kept.size > 2 * KEPT_GRIDS) {
      const [oldest, tensor] = this.#kept.entries().next().value!;
      this.#kept.delete(oldest);
      this.gpu.free(tensor);
    }
    return found;
  }

  /** Gives all of them back. */
  clear(): void {
    this.gpu.free(...this.#kept.values());
    this.#kept.clear();
  }
}
