import type { PictureStudy } from "@fiedler/study";
import type { Disk } from "./disk.ts";
import { readJsonLines, repairJsonLines } from "./jsonl.ts";
import { join } from "./paths.ts";
import type { StudySet } from "./reproduce_data.ts";
import type { StudyModel } from "./reproduce_models.ts";

/** What became of one picture: its numbers, or why it has none. */
export type Outcome = { readonly study: PictureStudy } | { readonly skipped: string };

/** One line of `pictures.jsonl`. */
interface Line {
  readonly data: string;
  readonly model: string;
  readonly picture: string;
  readonly outcome: Outcome;
}

/** Outcomes on the disk, a line each, so that a run that was killed goes on. */
export class StudyLines {
  /** By data set and model, then by picture. */
  #known = new Map<string, Map<string, Outcome>>();

  private constructor(private readonly disk: Disk, private readonly path: string) {}

  /** Reads what is there; a line that a killed process left torn is cut off. */
  static async open(disk: Disk, folder: string): Promise<StudyLines> {
    const lines = new StudyLines(disk, join(folder, "pictures.jsonl"));
    await repairJsonLines(disk, lines.path);
    for await (const value of readJsonLines(lines.path)) {
      const { data, model, picture, outcome } = value as Line;
      // What was measured before saliency was is measured again.
      if ("study" in outcome && outcome.study.saliency === undefined) continue;
      lines.#table(data, model).set(picture, outcome);
    }
    return lines;
  }

  /** What is known of a data set's pictures by a model. */
  of(set: StudySet, model: StudyModel): ReadonlyMap<string, Outcome> {
    return this.#table(set.key, keyOf(model));
  }

  /** Adds outcomes and waits until they are stored. */
  async append(
    set: StudySet,
    model: StudyModel,
    outcomes: readonly { readonly picture: string; readonly outcome: Outcome }[],
  ): Promise<void> {
    const common = { data: set.key, model: keyOf(model) };
    const lines = outcomes.map((one) => `${JSON.stringify({ ...common, ...one })}\n`);
    await this.disk.append(this.path, lines.join(""));
    const table = this.#table(set.key, keyOf(model));
    for (const { picture, outcome } of outcomes) table.set(picture, outcome);
  }

  #table(data: string, model: string): Map<string, Outcome> {
    const key = `${data}\n${model}`;
    const known = this.#known.get(key) ?? new Map<string, Outcome>();
    this.#known.set(key, known);
    return known;
  }
}

/** Weights of other content are another model, whatever they are called. */
const keyOf = ({ name, sha256 }: StudyModel): string => `${name} ${sha256}`.trimEnd();
