/**
 * Writes `frozen.json`: what each race dispatches today, for the speed test to run beside what it
 * will dispatch then. To be run on llvmpipe when a kernel has become faster:
 * `deno run --allow-all tests/speed/freeze.ts; deno fmt tests/speed`.
 */
import { Gpu, type Kernel, type KernelArgs, type Launch, type Tensor } from "@fiedler/gpu";
import { RACES } from "./races.ts";

/** One dispatch, complete but for the tensors. */
export interface Frozen {
  readonly kernel: Kernel;
  readonly launch: Launch;
  readonly params: Readonly<Record<string, number>>;
  /** Of the tensor behind each binding. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** The dispatch that `body` records. */
function freeze(gpu: Gpu, body: () => void): Frozen {
  const frozen: Frozen[] = [];
  const run = gpu.run;
  gpu.run = (kernel: Kernel, { params, ...tensors }: KernelArgs, launch: Launch) => {
    frozen.push({
      kernel,
      launch,
      params: (params ?? {}) as Frozen["params"],
      shapes: Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]) => [name, (tensor as Tensor).shape]),
      ),
    });
  };
  body();
  gpu.run = run;
  if (frozen.length !== 1) throw new Error(`a race must be one dispatch, not ${frozen.length}`);
  return frozen[0];
}

if (import.meta.main) {
  const gpu = await Gpu.open();
  const entries = Object.entries(RACES).map(([name, race]) => {
    const { ours } = race(gpu);
    return [name, freeze(gpu, ours)];
  });
  gpu.close();
  const text = JSON.stringify(Object.fromEntries(entries), null, 2) + "\n";
  await Deno.writeTextFile(new URL("frozen.json", import.meta.url), text);
}
