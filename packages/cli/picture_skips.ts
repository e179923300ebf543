import type { SkipRecord } from "@fiedler/pipeline";
import { repairJsonLines } from "./jsonl.ts";
import type { World } from "./run.ts";

/**
 * The pictures that a pretraining cannot use. A picture comes once an epoch, and each is told and
 * written once.
 */
export class PictureSkips {
  private constructor(
    private readonly world: World,
    private readonly path: string,
    private readonly known: Set<string>,
  ) {}

  /** Goes on with `skipped.jsonl`; nothing is written before there is something to skip. */
  static async open(world: World, path: string): Promise<PictureSkips> {
    const known = new Set<string>();
    await repairJsonLines(world.disk, path, (skip) => known.add((skip as SkipRecord).image));
    return new PictureSkips(world, path, known);
  }

  /** Tells those that are new. */
  async add(skips: readonly SkipRecord[]): Promise<void> {
    const { disk, out } = this.world;
    for (const skip of skips) {
      if (this.known.has(skip.image)) continue;
      this.known.add(skip.image);
      await disk.append(this.path, `${JSON.stringify(skip)}\n`);
      out.event({ event: "skip", ...skip });
      out.note(`skipped ${skip.image}: ${skip.reason}`);
    }
  }
}
