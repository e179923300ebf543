import assert from "node:assert/strict";
import { type Gpu, reshape } from "@fiedler/gpu";
import { concatRows, dynamicConv, gatherRows, Tape, view } from "@fiedler/train";
import * as reference from "../../kernels/dynamic_conv/reference.ts";
import { assertClose, assertSame, conformance } from "../support/conformance.ts";
import { dot, finiteDifferences } from "../support/gradients.ts";
import { uniform } from "../support/random.ts";

const CHANNELS = 4;
/** Kernels of levels of 3 × 3, 2 × 2 and one cell, as a network gives them for one image. */
const GRIDS = [3, 2, 1];
const SIZE = [3, 8] as const;
const PIXELS = SIZE[0] * SIZE[1];
/** Cells of the entries: of the first level, twice of the second, of the third. */
const INDEX = [4, 10, 10, 13];

const MAPS = GRIDS.map((grid, seed) => uniform(grid ** 2 * CHANNELS, { seed }));
const FEATURES = uniform(PIXELS * CHANNELS, { seed: 8 });
const TARGET = uniform(INDEX.length * PIXELS, { seed: 9 });

/** Mask logits in f64. */
function logits(maps: readonly ArrayLike<number>[], features: ArrayLike<number>): Float64Array {
  const all = maps.flatMap((map) => Array.from(map));
  const entries = INDEX.flatMap((cell) => all.slice(cell * CHANNELS, (cell + 1) * CHANNELS));
  const sizes = { imageOf: INDEX.map(() => 0), pixels: PIXELS, channels: CHANNELS };
  return reference.dynamicConv(entries, features, sizes);
}

function upload(gpu: Gpu) {
  const maps = MAPS.map((map, i) => gpu.upload(map, [1, GRIDS[i], GRIDS[i], CHANNELS]));
  return { maps, features: gpu.upload(FEATURES, [1, ...SIZE, CHANNELS]) };
}

/** The way from kernel maps to mask logits. */
function masks(tape: Tape, { maps, features }: ReturnType<typeof upload>) {
  const levels = maps.map((map, i) => view(tape, map, [GRIDS[i] ** 2, CHANNELS]));
  const entries = gatherRows(tape, concatRows(tape, levels), INDEX);
  return dynamicConv(tape, entries, features, [INDEX.length]);
}

conformance("layers of masks", (test) => {
  test("agree with f64, and with finite differences in maps and features", async (gpu) => {
    const inputs = upload(gpu);
    const wanted = [...inputs.maps, inputs.features];
    const tape = new Tape(gpu, wanted);
    const out = masks(tape, inputs);
    const forward = gpu.empty(out.shape); // the tape gives `out` back
    gpu.copy(out, forward);
    const gradients = tape.backward([[out, gpu.upload(TARGET, out.shape)]]);
    const [found, ...parts] = await gpu.readAll([
      forward,
      ...wanted.map((tensor) => gradients.get(tensor)!),
    ]);
    // Products of 4 terms; sums of 24, and of 48 where two entries name a cell: √48 · 2^-24 each.
    assertClose(found, logits(MAPS, FEATURES), { absolute: 5e-7 });
    const values = [...MAPS, FEATURES];
    values.forEach((value, i) => {
      const expected = finiteDifferences((moved) => {
        const now = values.map((other, j) => i === j ? moved : other);
        return dot(TARGET, logits(now.slice(0, -1), now[now.length - 1]));
      }, value);
      assertClose(parts[i], expected, { absolute: 2e-6 });
    });
  });

  test("leave frozen parts without a gradient", async (gpu) => {
    const inputs = upload(gpu);
    const tape = new Tape(gpu, [inputs.maps[1]]);
    const out = masks(tape, inputs);
    const gradients = tape.backward([[out, gpu.upload(TARGET, out.shape)]]);
    assert.deepEqual([...gradients.keys()], [inputs.maps[1]]);
    const all = new Tape(gpu, inputs.maps);
    const taped = masks(all, inputs);
    const others = all.backward([[taped, gpu.upload(TARGET, taped.shape)]]);
    const [a, b] = await gpu.readAll([gradients, others].map((g) => g.get(inputs.maps[1])!));
    assertSame(a, b);
  });

  test("refuse parts that differ", (gpu) => {
    const tape = new Tape(gpu, []);
    const x = gpu.empty([2, 4]);
    assert.throws(() => concatRows(tape, []), {
      name: "ShapeError",
      message: "concatRows: parts must be alike but for their rows, got none",
    });
    assert.throws(() => concatRows(tape, [x, reshape(x, [4, 2])]), {
      name: "ShapeError",
      message: "concatRows: parts must be alike but for their rows, got [2, 4], [4, 2]",
    });
  });
});
