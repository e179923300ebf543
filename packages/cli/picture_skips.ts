import type { SkipRecord } from "@fiedler/pipeline";
import { jsonLines, repairJsonLines } from "./jsonl.ts";
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
    const added = skips.filter(({ image }) => {
      const isNew = !this.known.has(image); // a step may have a picture twice
      this.known.add(image);
      return isNew;
    });
    await disk.append(this.path, jsonLines(added));
    for (const skip of added) {
      out.note(`skipped ${skip.image}: ${skip.reason}`);
      out.event({ event: "skip", ...skip });
    }
  }
}
