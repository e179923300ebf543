import { entryToF32, FormatError, safetensorsParts, type TensorFile } from "@fiedler/io";
import { CheckpointError, type ParameterPlan } from "@fiedler/models";
import { formatShape } from "@fiedler/gpu";
import type { SegmenterConfig } from "./config.ts";
import { configProblems } from "./config_fields.ts";
import { check, fieldProblems, type Fields, parseRecord, shown } from "./fields.ts";

const FORMAT = "fiedler-segmenter";
const VERSION = 1;
/** What an optimiser remembers stands beside the parameters under names that begin so. */
const OPTIMISER = "optimiser.";

/** The frozen backbone of a segmenter: enough to find its weights again. */
export interface BackboneRecord {
  /** `"mae-tiny"`, or the name of the weights' file. */
  readonly name: string;
  /** SHA-256 of the weights' file, lower-case hexadecimal. */
  readonly sha256: string;
  /** Whose layout that file has. */
  readonly release: string;
  /** Which of its encoders. */
  readonly encoder: string;
  /** Attention heads where they had to be told; else null. */
  readonly heads: number | null;
  /** Whether the features of a flat grey picture are subtracted. */
  readonly centred: boolean;
}

/** What the file of a segmenter says beside its numbers. */
export interface SegmenterRecord {
  /** All that makes it besides its weights. */
  readonly config: SegmenterConfig;
  /** What its maps come from. */
  readonly backbone: BackboneRecord;
  /** How it was trained: steps, seed, pictures, …; any JSON. */
  readonly training: Readonly<Record<string, unknown>>;
}

/** A parameter, or what an optimiser remembers of one, without its padding. */
export interface StoredArray {
  /** Slowest axis first. */
  readonly shape: readonly number[];
  /** Row by row. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** The file of a segmenter, of which only the directory has been read. */
export interface SegmenterFile extends SegmenterRecord {
  /** Shapes of all arrays by their names, parameters first. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * The used part of a parameter, or any other array by its name and shape.
   *
   * @throws {CheckpointError} when there is none of the shape, or a value is not finite.
   * @throws {FormatError} when it cannot be read as f32.
   */
  parameter(plan: Pick<ParameterPlan, "name" | "used">): Promise<Float32Array<ArrayBuffer>>;
  /**
   * All arrays: for training to go on.
   *
   * @throws {CheckpointError} when a value is not finite.
   * @throws {FormatError} when one cannot be read as f32.
   */
  state(): Promise<Map<string, StoredArray>>;
}

/**
 * A segmenter as a safetensors file, part by part: the arrays as f32 under the names of their
 * parameters, the rest as JSON in the metadata. The same contents give the same bytes.
 *
 * @param arrays the parameters without padding and, in the checkpoint of a training, what the
 *   optimiser remembers of them under `optimiser.…`.
 * @throws {RangeError} when the record is none.
 * @throws {FormatError} when a value is not finite, or an array not of its shape.
 */
export function segmenterParts(
  { config, backbone, training }: SegmenterRecord,
  arrays: ReadonlyMap<string, StoredArray>,
): AsyncIterable<Uint8Array> {
  const problems = [
    ...configProblems(config).map((problem) => `config: ${problem}`),
    ...fieldProblems(BACKBONE, backbone).map((problem) => `backbone: ${problem}`),
  ];
  if (problems.length > 0) throw new RangeError(`segmenterParts: ${problems.join("; ")}`);
  const entries = [...arrays].map(([name, { shape, values }]) => {
    const wrong = firstNotFinite(values);
    if (wrong !== null) {
      throw new FormatError(`segmenter file: cannot write ${notFinite(name, wrong)}`);
    }
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return { name, dtype: "F32", shape, read: () => Promise.resolve(bytes) } as const;
  });
  return safetensorsParts(entries, {
    format: FORMAT,
    version: String(VERSION),
    config: JSON.stringify(config),
    backbone: JSON.stringify(backbone),
    training: JSON.stringify(training),
  });
}

/** The parts of {@linkcode segmenterParts} in one piece. */
export async function segmenterBytes(
  record: SegmenterRecord,
  arrays: ReadonlyMap<string, StoredArray>,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts = await Array.fromAsync(segmenterParts(record, arrays));
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Whether a file says that it is a segmenter's, of any version. */
export const isSegmenterFile = ({ metadata }: Pick<TensorFile, "metadata">): boolean =>
  metadata.format === FORMAT;

/**
 * Reads what a segmenter's file says beside its numbers.
 *
 * @throws {FormatError} when it is not the file of a segmenter, or of a newer version, or a field is
 *   missing, odd or unknown; the message names each.
 */
export function readSegmenterFile({ format, metadata, tensors }: TensorFile): SegmenterFile {
  expectVersion(format, metadata);
  const config = parseRecord(metadata.config, "segmenter file: config");
  expectNone("config", configProblems(config));
  const backbone = parseRecord(metadata.backbone, "segmenter file: backbone");
  expectNone("backbone", fieldProblems(BACKBONE, backbone));
  const training = parseRecord(metadata.training, "segmenter file: training");
  const read = async (name: string): Promise<Float32Array<ArrayBuffer>> => {
    const values = await entryToF32(tensors.get(name)!);
    const wrong = firstNotFinite(values);
    if (wrong === null) return values;
    throw new CheckpointError(
      `segmenter file: ${notFinite(name, wrong)}; take an earlier checkpoint`,
    );
  };
  const names = [...tensors.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const shapes = new Map(names.map((name) => [name, tensors.get(name)!.shape]));
  return {
    config: config as unknown as SegmenterConfig,
    backbone: backbone as unknown as BackboneRecord,
    ...{ training, shapes },
    async parameter(plan) {
      expectArrays(shapes, [plan]);
      return await read(plan.name);
    },
    async state() {
      const arrays = new Map<string, StoredArray>();
      for (const [name, shape] of shapes) arrays.set(name, { shape, values: await read(name) });
      return arrays;
    },
  };
}

/** Parameters before what is remembered of them. */
const rank = (name: string): number => name.startsWith(OPTIMISER) ? 1 : 0;

/**
 * Checks that a file has every parameter of a network, each of its shape, and none besides; what an
 * optimiser remembers is not looked at.
 *
 * @throws {CheckpointError} naming the first few that are missing, surplus or of another shape.
 */
export function expectParameters(
  { shapes }: Pick<SegmenterFile, "shapes">,
  plans: readonly Pick<ParameterPlan, "name" | "used">[],
): void {
  const parameters = new Map([...shapes].filter(([name]) => !name.startsWith(OPTIMISER)));
  expectArrays(parameters, plans, { surplus: true });
}

/** Names in a message. */
const NAMED = 5;

function expectArrays(
  shapes: SegmenterFile["shapes"],
  plans: readonly Pick<ParameterPlan, "name" | "used">[],
  { surplus = false } = {},
): void {
  const wanted = new Set(plans.map(({ name }) => name));
  const problems = [
    ...plans.flatMap(({ name, used }) => {
      const shape = shapes.get(name);
      if (!shape) return [`"${name}" is missing`];
      const [came, needed] = [formatShape(shape), formatShape(used)];
      return came === needed ? [] : [`"${name}" must be ${needed}, got ${came}`];
    }),
    ...[...surplus ? shapes.keys() : []].filter((name) => !wanted.has(name))
      .map((name) => `${shown(name)} is unknown`),
  ];
  if (problems.length === 0) return;
  const others = problems.length - NAMED;
  const more = others > 0 ? `; and ${others} more` : "";
  throw new CheckpointError(
    `segmenter file: ${problems.slice(0, NAMED).join("; ")}${more}; ` +
      "it must be whole, and its backbone the one that it was trained on",
  );
}

const isText = (value: unknown) => typeof value === "string" && value.length > 0;
const text = check("a text", isText);

const BACKBONE: Fields = {
  name: text,
  sha256: check(
    "64 lower-case hexadecimal digits",
    (value) => typeof value === "string" && /^[0-9a-f]{64}$/.test(value),
  ),
  release: text,
  encoder: text,
  heads: check(
    "a whole number from 1 on, or null",
    (value) => value === null || Number.isSafeInteger(value) && (value as number) >= 1,
  ),
  centred: check("true or false", (value) => typeof value === "boolean"),
};

function expectVersion(format: string, metadata: TensorFile["metadata"]): void {
  if (!isSegmenterFile({ metadata })) {
    const came = metadata.format === undefined ? "none" : shown(metadata.format);
    throw new FormatError(
      `segmenter file: metadata must have format ${FORMAT}, got ${came} in a ${format} file; ` +
        "give the file that a training wrote",
    );
  }
  const { version } = metadata;
  if (!/^[1-9]\d{0,8}$/.test(version ?? "")) {
    throw new FormatError(`segmenter file: version must be a whole number, got ${shown(version)}`);
  }
  if (Number(version) <= VERSION) return;
  throw new FormatError(
    `segmenter file: version ${version} is newer than ${VERSION}, the newest that is read here; ` +
      "use a newer Fiedler",
  );
}

function expectNone(what: string, problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new FormatError(`segmenter file: ${what}: ${problems.join("; ")}`);
}

interface Place {
  readonly index: number;
  readonly value: number;
}

function firstNotFinite(values: Float32Array): Place | null {
  const index = values.findIndex((value) => !Number.isFinite(value));
  return index < 0 ? null : { index, value: values[index] };
}

const notFinite = (name: string, { index, value }: Place): string =>
  `"${name}", whose element ${index} is ${value}`;
