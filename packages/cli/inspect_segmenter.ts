/** What a file says of the segmenter in it, as lines for people. */
import { FormatError, type TensorFile } from "@fiedler/io";
import { CheckpointError } from "@fiedler/models";
import {
  type FoundSegmenter,
  isSegmenterFile,
  readSegmenterFile,
  recogniseSegmenter,
  type SegmenterConfig,
  type SegmenterFile,
} from "@fiedler/segmenter";
import { plural } from "./summary.ts";

/** The segmenter in a file: one that `train` wrote, or a published one. */
export type SegmenterIn =
  | { readonly own: SegmenterFile; readonly published: null }
  | { readonly own: null; readonly published: FoundSegmenter };

/** The segmenter in a file; null when there is none, or why it cannot be used. */
export function segmenterIn(file: TensorFile): SegmenterIn | FormatError | CheckpointError | null {
  try {
    if (isSegmenterFile(file)) return { own: readSegmenterFile(file), published: null };
    const published = recogniseSegmenter(file);
    return published && { own: null, published };
  } catch (error) {
    if (error instanceof FormatError || error instanceof CheckpointError) return error;
    throw error;
  }
}

/** What a program is told of it. */
export function segmenterFacts({ own, published }: SegmenterIn): Readonly<Record<string, unknown>> {
  if (published) {
    const { layout, title, notes, classes, config } = published;
    return { layout, title, notes, classes, config };
  }
  const { config, backbone, training } = own;
  return { title: titleOf(own), config, backbone, training };
}

/** Metadata that {@linkcode segmenterLines} tells in its own words. */
export const TOLD: ReadonlySet<string> = new Set(["config", "backbone", "training"]);

/** A heading and what it says. */
type Line = readonly [head: string, text: string];

/** What the segmenter is, how its pictures are resized, and how it was trained. */
export function segmenterLines({ own, published }: SegmenterIn): Line[] {
  if (published) {
    const { layout, title, classes, config, notes } = published;
    return [
      ["segmenter", `${title}, ${classes === 1 ? "one class" : `${classes} classes`}`],
      ["layout", layout],
      ...configLines(config),
      ...notes.map((note): Line => ["note", note]),
    ];
  }
  const { config, backbone, training } = own;
  const { sha256, release, encoder, heads, centred } = backbone;
  return [
    ["segmenter", titleOf(own)],
    ["backbone", `${release}, encoder ${encoder}${heads === null ? "" : `, ${heads} heads`}`],
    ["", `SHA-256 ${sha256}`],
    ...(centred ? [["", "less the features of a grey picture"] as const] : []),
    ["features", `${config.features.facet} of layer ${config.features.layer}`],
    ...configLines(config),
    ...Object.entries(training).map(([key, value], i): Line => [
      i === 0 ? "training" : "",
      `${key}: ${shown(value)}`,
    ]),
  ];
}

function titleOf({ backbone: { name }, shapes }: SegmenterFile): string {
  const trains = [...shapes.keys()].some((name) => name.startsWith("optimiser."));
  return `SOLOv2 on ${name}${trains ? ", in the midst of its training" : ""}`;
}

/** The network and the pictures it takes. */
function configLines({ heads, scaleRanges, shortSide, longest }: SegmenterConfig): Line[] {
  const { categories, channels, width, convs, groups, maskWidth, maskChannels } = heads;
  return [
    ["levels", heads.grids.map((grid) => `${grid} × ${grid}`).join(", ") + " cells"],
    [
      "objects",
      `${scaleRanges.map((range) => range.join("-")).join(", ")} pixels, √(width · height)`,
    ],
    [
      "heads",
      `${categories === 1 ? "one category" : `${categories} categories`}, ` +
      `${plural(convs, "convolution")} of ${width} on ${channels} channels, groups of ${groups}`,
    ],
    ["masks", `${maskChannels} channels, of convolutions of ${maskWidth}`],
    ["pictures", `shorter side ${shortSide}, longer one at most ${longest} pixels`],
  ];
}

const shown = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
};
