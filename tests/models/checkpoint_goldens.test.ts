import assert from "node:assert/strict";
import { bytesSource, decodeImage, openTensorFile, readNpy } from "@fiedler/io";
import { type ModelHints, recognise } from "@fiedler/models";
import { assertClose, conformance } from "../support/conformance.ts";
import { packPictures } from "../support/pictures.ts";

const FIXTURES = new URL("../../fixtures/checkpoints/", import.meta.url);
const read = (name: string) => Deno.readFile(new URL(name, FIXTURES));

/** One way to open a file of `tools/make_checkpoint_goldens.py`, and what must come of it. */
interface Golden {
  readonly file: string;
  readonly hints: ModelHints;
  /** What must be recognised. */
  readonly release: string;
  readonly encoder: string;
  /** Whether the names leave a doubt, which must be said. */
  readonly guessed: boolean;
  /** Side of a feature in pixels. */
  readonly patch: number;
  readonly cases: readonly { readonly picture: string; readonly features: string }[];
}

const { goldens, tolerance }: { goldens: readonly Golden[]; tolerance: number } = JSON.parse(
  await Deno.readTextFile(new URL("goldens.json", FIXTURES)),
);

/** `dino_full.pth as dino student (encoder student)` */
const titleOf = ({ file, hints, release, encoder }: Golden) => {
  const given = Object.entries(hints).map(([name, value]) => `${name} ${value}`).join(", ");
  return `${file} as ${release} ${encoder}${given && ` (${given})`}`;
};

conformance("checkpoints", (test) => {
  for (const golden of goldens) {
    test(`reads ${titleOf(golden)}: PyTorch's features`, async (gpu) => {
      const file = await openTensorFile(bytesSource(await read(golden.file)));
      const found = recognise(file, golden.hints);
      assert.equal(found.release, golden.release);
      assert.equal(found.encoder, golden.encoder);
      assert.equal(found.notes.some((note) => note.startsWith("taken for")), golden.guessed);
      const backbone = await found.load(gpu);
      assert.equal(backbone.patch, golden.patch);
      for (const { picture, features } of golden.cases) {
        const { data, width, height } = await decodeImage(await read(picture));
        const grid = [height / golden.patch, width / golden.patch] as const;
        const rgb = gpu.upload(packPictures([data]), [1, data.length / 4]);
        const actual = backbone.features(gpu, rgb, grid);
        const expected = readNpy(await read(features));
        assert.deepEqual(actual.shape, [1, ...expected.shape], picture);
        // f32 against f64. A sum of n products is off by about √n · 2^-24 of the largest value,
        // 1.7e-6 for the 768 pixels of a patch, and some ten sums follow one another: 2e-5. The
        // goldens are such that a forgotten bias, another epsilon or the other rule of positions is
        // off by 1e-3 or more.
        assertClose(await gpu.read(actual), expected.data as Float32Array, { relative: tolerance });
      }
      backbone.parameters.forEach((tensor) => gpu.free(tensor));
    });
  }
});
