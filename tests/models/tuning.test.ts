import { Gpu, tuningKey, type TuningTable } from "@fiedler/gpu";
import { matmulForms } from "@fiedler/kernels";
import { vitFeatures } from "@fiedler/models";
import { classForm } from "../../kernels/matmul/forms.ts";
import { assertClose, assertSame } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { vitOf } from "../support/vit.ts";
import { array, fixture } from "./fixtures.ts";

const GRID = [3, 5] as const; // 12 × 20 pixels in patches of 4

/** Keys of a small ViT's last block, with one form for all products. */
async function keys(tuning: TuningTable | "off"): Promise<Float32Array> {
  const gpu = await Gpu.open({ tuning });
  try {
    const vit = await vitOf(gpu, fixture("vit_class.safetensors"));
    const pictures = [new Uint8Array(array("pictures")).subarray(0, 12 * 20 * 3)];
    const rgb = gpu.upload(packPictures(pictures), [1, 12 * 20 * 3 / 4]);
    return await gpu.read(vitFeatures(gpu, vit, rgb, GRID));
  } finally {
    gpu.close();
  }
}

Deno.test("a ViT's keys do not depend on the tuned form", async () => {
  const gpu = await Gpu.open();
  const { adapter } = gpu;
  const standard = classForm(gpu, GRID[0] * GRID[1], 32).kernel;
  const forms = matmulForms(gpu).filter(({ kernel }) => kernel !== standard);
  gpu.close();
  const expected = await keys("off");
  // One of each other kernel: their smallest tiles, which compile fastest.
  for (const kernel of new Set(forms.map(({ kernel }) => kernel))) {
    const form = { ...forms.find((form) => form.kernel === kernel)! };
    const actual = await keys({
      format: 1,
      key: tuningKey(adapter),
      measuredAt: "",
      clock: "wall time",
      forms: { matmul: { few: form, narrow: form, small: form, large: form } },
    });
    if (adapter.software) assertSame(actual, expected);
    // As far as the golden tests allow each of both to be off: some ten sums of at most 128 terms.
    else assertClose(actual, expected, { relative: 2e-5 });
  }
});
