/**
 * Draws `docs/scenes.jpg`: generated scenes, and under each the masks of its objects.
 *
 * `deno run --allow-read --allow-write tools/scenes_picture.ts`
 */
import { encodeJpeg } from "@fiedler/io";
import { makeScene, type Scene, type SceneMode } from "@fiedler/scenes";

/** Rows of the sheet: a mode, and which scenes of it. */
const ROWS: readonly (readonly [SceneMode, readonly number[]])[] = [
  ["scene", [2, 5, 6, 7, 10, 21]],
  ["scene", [26, 29, 32, 34, 36, 38]],
  ["crowd", [0, 2, 4, 7, 11, 16]],
  ["product", [0, 3, 8, 12, 15, 23]],
];
const [SIZE, GAP] = [128, 4];

const columns = ROWS[0][1].length;
const width = columns * (SIZE + GAP) - GAP;
const height = ROWS.length * 2 * (SIZE + GAP) - GAP;
const sheet = { width, height, data: new Uint8Array(width * height * 3).fill(255) };

function paste(data: Uint8Array, row: number, column: number): void {
  for (let y = 0; y < SIZE; y++) {
    const to = ((row * (SIZE + GAP) + y) * width + column * (SIZE + GAP)) * 3;
    sheet.data.set(data.subarray(y * SIZE * 3, (y + 1) * SIZE * 3), to);
  }
}

/** Each object in a colour of its own, the background dark. */
function maskColours({ instances }: Scene): Uint8Array {
  const out = new Uint8Array(SIZE * SIZE * 3).fill(24);
  for (const [i, { mask }] of instances.entries()) {
    const colour = [60, 140, 220].map((start, c) => 70 + (start + i * (97 + 44 * c)) % 180);
    for (const [at, bit] of mask.entries()) if (bit === 1) out.set(colour, 3 * at);
  }
  return out;
}

for (const [row, [mode, indices]] of ROWS.entries()) {
  for (const [column, index] of indices.entries()) {
    const scene = makeScene({ mode, index, size: SIZE });
    paste(scene.data, 2 * row, column);
    paste(maskColours(scene), 2 * row + 1, column);
  }
}
await Deno.writeFile("docs/scenes.jpg", await encodeJpeg(sheet, 76));
