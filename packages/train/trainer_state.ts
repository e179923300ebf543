import { byteLength, elements, formatShape, type Gpu } from "@fiedler/gpu";
import { CheckpointError, padded } from "@fiedler/models";
import type { NamedParameter, StoredArray } from "@fiedler/segmenter";

/** Most bytes that are read back at once. */
const READ_BYTES = 2 ** 26;

/**
 * All that training changes, without padding: parameters under their names, and `optimiser.velocity.`
 * or `optimiser.mean.` and `optimiser.square.` + the names.
 */
export type TrainerState = ReadonlyMap<string, StoredArray>;

/** Without what the optimiser remembers: what a segmenter's file is made of. */
export const parametersOf = (state: TrainerState): TrainerState =>
  new Map([...state].filter(([name]) => !name.startsWith("optimiser.")));

/** Reads tensors back, some at a time. */
export async function readState(
  gpu: Gpu,
  tensors: readonly NamedParameter[],
): Promise<TrainerState> {
  const state = new Map<string, StoredArray>();
  for (let first = 0; first < tensors.length;) {
    let [count, bytes] = [0, 0];
    for (const { tensor } of tensors.slice(first)) {
      bytes += byteLength(tensor);
      if (count > 0 && bytes > READ_BYTES) break;
      count++;
    }
    const group = tensors.slice(first, first + count);
    const arrays = await gpu.readAll(group.map(({ tensor }) => tensor));
    group.forEach(({ plan: { name, used, shape } }, i) =>
      state.set(name, { shape: used, values: usedPart(arrays[i], used, shape) })
    );
    first += count;
  }
  return state;
}

/**
 * Overwrites tensors with what was read.
 *
 * @throws {CheckpointError} when one is missing, of another shape, or there is one too many; then
 * nothing is overwritten.
 */
export function writeState(
  gpu: Gpu,
  tensors: readonly NamedParameter[],
  state: TrainerState,
): void {
  const wanted = new Set(tensors.map(({ plan }) => plan.name));
  const surplus = [...state.keys()].find((name) => !wanted.has(name));
  if (surplus !== undefined) {
    throw new CheckpointError(
      `the state has "${surplus}", which this network and optimiser do not; ` +
        "continue with the settings it was trained with",
    );
  }
  const arrays = tensors.map(({ plan: { name, used } }) => {
    const found = state.get(name);
    const came = found ? formatShape(found.shape) : "none";
    if (found && came === formatShape(used) && found.values.length === elements(used)) return found;
    throw new CheckpointError(
      `the state must have "${name}" of shape ${formatShape(used)}, got ${came}; ` +
        "continue with the settings it was trained with",
    );
  });
  gpu.scope(() => {
    tensors.forEach(({ plan: { used, shape }, tensor }, i) =>
      gpu.copy(gpu.upload(padded(arrays[i].values, used, shape), shape), tensor)
    );
  });
}

/** The used part of a tensor: the reverse of `padded`. */
function usedPart(
  values: Float32Array<ArrayBuffer>,
  used: readonly number[],
  shape: readonly number[],
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(elements(used));
  for (let n = 0; n < out.length; n++) {
    let [rest, at, step] = [n, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += rest % used[axis] * step;
      rest = Math.floor(rest / used[axis]);
      step *= shape[axis];
    }
    out[n] = values[at];
  }
  return out;
}
