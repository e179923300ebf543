import { entryToF32, type TensorEntry, type TensorFile } from "@fiedler/io";
import { CheckpointError } from "./errors.ts";

/** One of our parameters, and where a layout keeps it. */
export interface Key {
  /** Our name: timm's for transformers, torchvision's for ResNets. */
  readonly name: string;
  /** Names below the root of the encoder; several are stacked along the first axis. */
  readonly from: readonly string[];
  /** Shape of each of them. */
  readonly shape: readonly number[];
}

/** A parameter of a checkpoint under our name, found and of the right shape, not yet read. */
export interface Parameter {
  /** Our name, see {@linkcode Key.name}. */
  readonly name: string;
  /** With its parts stacked. */
  readonly shape: readonly number[];
  /** Its elements as f32, a fresh array. */
  read(): Promise<Float32Array<ArrayBuffer>>;
}

/** Reads a parameter, given its name. */
export type ReadParameter = (name: string) => Promise<Float32Array<ArrayBuffer>>;

/**
 * Hands out the parameters of a checkpoint.
 *
 * @param values `zeros` makes zeros without reading, to plan memory with.
 */
export const parameterReader = (
  parameters: ReadonlyMap<string, Parameter>,
  values: "file" | "zeros" = "file",
): ReadParameter =>
(name) => {
  const { shape, read } = parameters.get(name)!;
  return values === "file" ? read() : Promise.resolve(
    new Float32Array(shape.reduce((product, length) => product * length, 1)),
  );
};

/** Part of a checkpoint: what stands below a root such as `teacher.backbone.`. */
export interface Subtree {
  readonly file: TensorFile;
  /** Empty, or ends with a dot. */
  readonly root: string;
}

/** The tensor of a name below the root. */
export const entryOf = ({ file, root }: Subtree, name: string): TensorEntry | undefined =>
  file.tensors.get(root + name);

/**
 * Holds a key map against a checkpoint.
 *
 * @param apart beginnings of names below the root that belong to other parts, such as heads.
 * @returns the parameters by our names.
 * @throws {CheckpointError} naming a missing, surplus or wrongly shaped tensor.
 */
export function matchKeys(
  subtree: Subtree,
  keys: readonly Key[],
  apart: readonly string[],
): ReadonlyMap<string, Parameter> {
  const used = new Set<string>();
  const parameters = new Map<string, Parameter>();
  for (const { name, from, shape } of keys) {
    const parts = from.map((part) => expectEntry(subtree, part, shape));
    for (const part of from) used.add(subtree.root + part);
    const stacked = parts.length === 1 ? shape : [parts.length * shape[0], ...shape.slice(1)];
    parameters.set(name, { name, shape: stacked, read: () => readParts(parts) });
  }
  refuseRest(subtree, used, apart);
  return parameters;
}

function expectEntry(subtree: Subtree, name: string, shape: readonly number[]): TensorEntry {
  const entry = entryOf(subtree, name);
  const full = subtree.root + name;
  if (!entry) throw new CheckpointError(`checkpoint: "${full}" [${shape.join(", ")}] is missing`);
  if (entry.shape.join() !== shape.join()) {
    throw new CheckpointError(
      `checkpoint: "${full}" must be [${shape.join(", ")}], got [${entry.shape.join(", ")}]`,
    );
  }
  return entry;
}

async function readParts(parts: readonly TensorEntry[]): Promise<Float32Array<ArrayBuffer>> {
  const arrays = await Promise.all(parts.map(readPart));
  if (arrays.length === 1) return arrays[0];
  const out = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    out.set(array, at);
    at += array.length;
  }
  return out;
}

async function readPart(entry: TensorEntry): Promise<Float32Array<ArrayBuffer>> {
  try {
    return await entryToF32(entry);
  } catch (cause) {
    throw new CheckpointError(`checkpoint: ${(cause as Error).message}`, { cause });
  }
}

function refuseRest({ file, root }: Subtree, used: ReadonlySet<string>, apart: readonly string[]) {
  const left = [...file.tensors.keys()].filter((name) =>
    name.startsWith(root) && !used.has(name) &&
    !apart.some((beginning) => name.startsWith(root + beginning))
  );
  if (left.length === 0) return;
  const names = left.slice(0, 5).map((name) => `"${name}"`).join(", ");
  throw new CheckpointError(
    `checkpoint: ${left.length} tensors have no place in the model: ${names}` +
      (left.length > 5 ? ", …" : ""),
  );
}
