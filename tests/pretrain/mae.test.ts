import assert from "node:assert/strict";
import type { Gpu, Tensor } from "@fiedler/gpu";
import { maeLoss, makeMae, type PatchMask, PretrainOptimiser } from "@fiedler/pretrain";
import { Tape } from "@fiedler/train";
import { assertClose, conformance } from "../support/conformance.ts";
import {
  bytesOf,
  floatsOf,
  type GoldenVit,
  networkOf,
  type PretrainGolden,
  readGolden,
  vitConfig,
  withoutKeyBias,
} from "./goldens.ts";

interface MaeGolden extends PretrainGolden {
  readonly config: {
    readonly vit: GoldenVit;
    readonly decoder: { readonly dim: number; readonly depth: number; readonly heads: number };
    readonly varianceFloor: number;
  };
  readonly grid: [number, number];
  readonly rgb: string;
  readonly visible: number[][];
}

const golden = await readGolden<MaeGolden>("mae");
const { grid, config: { vit, ...rest } } = golden;
const CONFIG = { encoder: vitConfig(vit), ...rest };
const IMAGES = golden.visible.length;
const PATCHES = grid[0] * grid[1];

const MASKS: readonly PatchMask[] = golden.visible.map((visible) => ({
  visible: Uint32Array.from(visible),
  hidden: Uint32Array.from(Array(PATCHES).keys().filter((patch) => !visible.includes(patch))),
}));

function upload(gpu: Gpu): Tensor<"u32"> {
  const words = new Uint32Array(bytesOf(golden.rgb).buffer);
  return gpu.upload(words, [IMAGES, words.length / IMAGES]);
}

conformance("maeLoss()", (test) => {
  test("and its gradients are PyTorch's, and so are the steps", async (gpu) => {
    const { network, parameters } = networkOf(gpu, golden.start, (make) => makeMae(make, CONFIG));
    assert.deepEqual(
      parameters.map(({ plan }) => plan.name).sort(),
      Object.keys(golden.start).sort(),
    );
    const optimiser = new PretrainOptimiser(gpu, { ...golden.optimiser, warmUp: 1 }, parameters);
    const rgb = upload(gpu);
    for (const [index, rate] of golden.rates.entries()) {
      const tape = new Tape(gpu, parameters.map(({ tensor }) => tensor));
      const { loss, roots } = maeLoss(tape, network, CONFIG, { rgb, grid, masks: MASKS });
      const gradients = tape.backward(roots);
      if (index === 0) {
        const found = await gpu.readAll(parameters.map(({ tensor }) => gradients.get(tensor)!));
        parameters.forEach(({ plan: { name } }, i) =>
          // Some 40 layers of a few roundings each, sums of up to 36 rows: 1e-5 of the largest.
          assertClose(found[i], floatsOf(golden.gradients[name].values), {
            relative: 1e-5,
            absolute: 1e-6,
          })
        );
      }
      const norm = optimiser.update(gradients, rate, () => index + 1);
      const [value, length] = await gpu.readAll([loss, norm]);
      assertClose(value, [golden.losses[index]], { relative: 1e-5 });
      assertClose(length, [golden.norms[index]], { relative: 1e-5 });
    }
    const end = await gpu.readAll(parameters.map(({ tensor }) => tensor));
    parameters.forEach(({ plan: { name } }, i) =>
      // A step is rate · mean / √square: where a gradient is 1000 times as large as its error of 1e-6
      // of the largest, which is all but everywhere, it errs by a thousandth of 0.017 in all.
      assertClose(
        withoutKeyBias(name, end[i]),
        withoutKeyBias(name, floatsOf(golden.end[name].values)),
        { absolute: 2e-5 },
      )
    );
  });
});
