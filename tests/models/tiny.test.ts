import { decodeImage, readNpy } from "@fiedler/io";
import { vitFeatures } from "@fiedler/models";
import { assertClose, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";
import { vitOf } from "../support/vit.ts";

const WEIGHTS = new URL("../../fixtures/weights/", import.meta.url);
const read = (name: string) => Deno.readFile(new URL(name, WEIGHTS));

conformance("the embedded models", (test) => {
  for (const name of ["mae", "dino"]) {
    test(`${name}-tiny gives the golden keys of an independent forward pass`, async (gpu) => {
      const vit = await vitOf(gpu, await read(`${name}-tiny.safetensors`));
      const scene = (await decodeImage(await read("golden/scene_192.png"))).data;
      const grey = new Uint8Array(192 * 192 * 3).fill(127);
      const rgb = gpu.upload(packPictures([scene, grey]), [2, 192 * 192 * 3 / 4]);
      const keys = await gpu.read(vitFeatures(gpu, vit, rgb, [24, 24]));
      const goldens = await Promise.all(
        [`golden/${name}_keys_192.npy`, `golden/${name}_grey_keys_192.npy`].map(read),
      );
      const expected = goldens.flatMap((bytes) => Array.from(readNpy(bytes).data, Number));
      // proposals.md §9: the largest error at most 1e-3 of the largest value. Three blocks of f32
      // sums of 128 and 512 terms give about 1e-5; the golden pass is f32 as well.
      assertClose(keys, expected, { relative: 5e-5 });
    });
  }
});
