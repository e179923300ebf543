import { encodeRle } from "@fiedler/coco";
import { cellOwners } from "@fiedler/study";
import assert from "node:assert/strict";
import { generator } from "../support/random.ts";

/** A mask of rows of digits, 0 for background. */
const maskOf = (rows: readonly string[]) => {
  const [height, width] = [rows.length, rows[0].length];
  const mask = Uint8Array.from(rows.join(""), Number);
  return { size: [height, width] as const, counts: encodeRle(mask, height, width) };
};

Deno.test("cellOwners gives a patch to the majority of its pixels, ties to the background", () => {
  const left = maskOf(["1110", "1100", "0000", "0000"]);
  const low = maskOf(["0000", "0000", "1011", "1011"]);
  const placement = { size: [4, 4], resized: [4, 4], grid: [2, 2], patch: 2 } as const;
  const { owners, purity } = cellOwners([left, low], placement);
  // Top right has one of four, bottom left two of four: a tie.
  assert.deepEqual([...owners], [0, -1, -1, 1]);
  assert.deepEqual([...purity], [1, 0.75, 0.5, 1]);
});

Deno.test("cellOwners equals pixel by pixel counting, whatever the resizing", () => {
  const next = generator(4);
  for (
    const [height, width, resized, grid, patch] of [
      [9, 7, [9, 7], [2, 1], 4], // pixels right and below the grid are not looked at
      [5, 6, [16, 20], [4, 5], 4], // enlarged
      [33, 40, [12, 15], [3, 3], 4], // shrunk: some pixels are under no resized one
    ] as const
  ) {
    const masks = Array.from({ length: 3 }, () => {
      const centre = [next() * height, next() * width];
      return Uint8Array.from({ length: height * width }, (_, at) => {
        const [y, x] = [Math.floor(at / width) - centre[0], at % width - centre[1]];
        return Math.hypot(y, x) < width / 2 ? 1 : 0; // discs that overlap
      });
    });
    const rles = masks.map((mask) => ({
      size: [height, width] as const,
      counts: encodeRle(mask, height, width),
    }));
    const cells = cellOwners(rles, { size: [height, width], resized, grid, patch });
    for (let cell = 0; cell < grid[0] * grid[1]; cell++) {
      const votes = [0, 0, 0, 0]; // background first
      for (let i = 0; i < patch ** 2; i++) {
        const y = Math.floor(cell / grid[1]) * patch + Math.floor(i / patch);
        const x = cell % grid[1] * patch + i % patch;
        const at = Math.floor((y + 0.5) * height / resized[0]) * width +
          Math.floor((x + 0.5) * width / resized[1]);
        const inside = masks.map((mask) => mask[at]);
        inside.forEach((value, object) => votes[object + 1] += value);
        if (!inside.includes(1)) votes[0]++;
      }
      assert.equal(cells.owners[cell], votes.indexOf(Math.max(...votes)) - 1);
      assert.equal(cells.purity[cell], Math.max(...votes) / patch ** 2);
    }
  }
});

Deno.test("cellOwners refuses a mask of another size", () => {
  const placement = { size: [4, 4], resized: [4, 4], grid: [2, 2], patch: 2 } as const;
  assert.throws(() => cellOwners([maskOf(["11", "11"])], placement), {
    name: "RangeError",
    message: "cellOwners: instance 0 must be of 4 × 4 pixels, got 2 × 2",
  });
});
