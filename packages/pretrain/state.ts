import { byteLength, formatShape, type Gpu } from "@fiedler/gpu";
import { CheckpointError } from "@fiedler/models";
import type { TrainerState } from "@fiedler/train";
import type { NamedTensor } from "./parameters.ts";

/** Most bytes that are read back at once. */
const READ_BYTES = 2 ** 26;

/** Reads tensors back, some at a time. */
export async function readTensors(
  gpu: Gpu,
  tensors: readonly NamedTensor[],
): Promise<TrainerState> {
  const state = new Map<string, { shape: readonly number[]; values: Float32Array<ArrayBuffer> }>();
  for (let first = 0; first < tensors.length;) {
    let [count, bytes] = [0, 0];
    for (const { tensor } of tensors.slice(first)) {
      bytes += byteLength(tensor);
      if (count > 0 && bytes > READ_BYTES) break;
      count++;
    }
    const group = tensors.slice(first, first + count);
    const arrays = await gpu.readAll(group.map(({ tensor }) => tensor));
    group.forEach(({ plan: { name, shape } }, i) => state.set(name, { shape, values: arrays[i] }));
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
export function writeTensors(gpu: Gpu, tensors: readonly NamedTensor[], state: TrainerState): void {
  const wanted = new Set(tensors.map(({ plan }) => plan.name));
  const surplus = [...state.keys()].find((name) => !wanted.has(name));
  if (surplus !== undefined) {
    throw new CheckpointError(
      `the state has "${surplus}", which this pretraining does not; continue with the settings it ` +
        "was made with",
    );
  }
  const arrays = tensors.map(({ plan: { name, shape } }) => {
    const found = state.get(name);
    if (found && formatShape(found.shape) === formatShape(shape)) return found.values;
    throw new CheckpointError(
      `the state must have "${name}" of shape ${formatShape(shape)}, got ` +
        `${found ? formatShape(found.shape) : "none"}; continue with the settings it was made with`,
    );
  });
  gpu.scope(() =>
    tensors.forEach(({ plan: { shape }, tensor }, i) =>
      gpu.copy(gpu.upload(arrays[i], shape), tensor)
    )
  );
}
