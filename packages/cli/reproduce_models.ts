import type { Gpu } from "@fiedler/gpu";
import { openTensorFile } from "@fiedler/io";
import { colourBackbone, randomBackbone, type ReleaseId } from "@fiedler/models";
import type { Extractor } from "@fiedler/pipeline";
import type { Method } from "@fiedler/study";
import { usage } from "./args.ts";
import type { Weights } from "./engine.ts";
import { loadExtractors } from "./extractors.ts";
import { FileSource } from "./file_source.ts";
import { findModel } from "./weights.ts";

/** A feature extractor to measure. */
export interface StudyModel {
  /** As it was asked for, unique. */
  readonly name: string;
  /** What it is, in words. */
  readonly title: string;
  /** SHA-256 of its weights; empty for a baseline, which its name and our version define. */
  readonly sha256: string;
  /** The row of Table 1 that it stands for; null for baselines and variants. */
  readonly method: Method | null;
  /** Whether the keys of a flat grey picture are subtracted. */
  readonly centred: boolean;
  /** Whether it is another one with a centring that is not its own: no rival of that one. */
  readonly variant: boolean;
  /** Whether photos are shrunk for it, as for the embedded models and those like them. */
  readonly small: boolean;
  /** Puts it on a device. */
  load(gpu: Gpu): Promise<Extractor>;
}

/** Side of a baseline's patches: that of the embedded models. */
const PATCH = 8;

/**
 * Finds one item of `--models`: `random`, `colour`, or what `--model` takes; with `:none` or
 * `:grey` behind it in place of the extractor's own centring.
 *
 * @throws {CliError} exit 2 or 4, see `findModel`.
 */
export async function findStudyModel(item: string): Promise<StudyModel> {
  const [, name, centre] = /^(.*?)(?::(none|grey))?$/.exec(item)!;
  if (name === "colour") {
    if (centre === "grey") {
      throw usage("colours have no grey keys to subtract", `--models ${item}`, "write colour");
    }
    return colourModel(item);
  }
  if (name === "random") return randomModel(item, centre !== "none");
  const weights = await findModel({ nameOrFile: name, flag: "models" });
  const centred = centre === undefined ? weights.ours : centre === "grey";
  return {
    name: item,
    title: `${weights.title}${centred ? ", less the keys of grey" : ""}`,
    sha256: weights.sha256,
    method: centred === weights.ours ? await methodOf(weights) : null,
    centred,
    variant: centred !== weights.ours,
    small: weights.ours,
    async load(gpu) {
      const settings = {
        model: weights,
        saliencyModel: null,
        centre: centred ? "grey" as const : "none" as const,
      };
      return (await loadExtractors(gpu, settings)).model;
    },
  };
}

const colourModel = (name: string): StudyModel => ({
  name,
  title: "mean and deviation of colour in a patch, less their mean over the picture",
  sha256: "",
  method: null,
  centred: false,
  variant: false,
  small: true,
  load: () =>
    Promise.resolve({ name, sha256: "", backbone: colourBackbone(PATCH), centred: false }),
});

const randomModel = (name: string, centred: boolean): StudyModel => ({
  name,
  title: `mae-tiny's architecture with random weights${centred ? ", less the keys of grey" : ""}`,
  sha256: "",
  method: null,
  centred,
  variant: !centred,
  small: true,
  load: (gpu) => Promise.resolve({ name, sha256: "", backbone: randomBackbone(gpu), centred }),
});

/** The rows of Table 1 by the releases of their weights. */
const METHODS: Readonly<Partial<Record<ReleaseId, Method>>> = {
  "mae": "mae",
  "dino": "dino",
  "selfpatch": "selfpatch",
  "msn": "msn",
  "moco-v3": "moco-v3",
  "densecl": "densecl",
};

/** By its release; of Fiedler's own by what its file says that it was trained for. */
async function methodOf({ ours, path, release }: Weights): Promise<Method | null> {
  if (!ours) return METHODS[release] ?? null;
  using source = FileSource.open(path);
  const { metadata: { objective } } = await openTensorFile(source);
  return objective === "mae" || objective === "dino" ? objective : null;
}
