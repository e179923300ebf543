/**
 * Draws `docs/picture.jpg` from a run of the bundled photos: photo, eigenvector 2, masks.
 *
 * `./fiedler pipeline && deno run --allow-read --allow-write tools/readme_picture.ts runs/example`
 */
import { decodeImage, encodeJpeg, resizeImage, type RgbImage } from "@fiedler/io";
import { DIVERGING, type PanelRecord } from "@fiedler/report";

const PHOTOS = ["camera.png", "horse.png", "flower.jpg"];
const [WIDTH, HEIGHT, GAP] = [300, 210, 8];

const run = Deno.args[0];
if (!run) throw new Error("give the run folder: tools/readme_picture.ts runs/example");

const canvas = {
  width: 3 * WIDTH + 2 * GAP,
  height: PHOTOS.length * (HEIGHT + GAP) - GAP,
  data: new Uint8Array((3 * WIDTH + 2 * GAP) * (PHOTOS.length * (HEIGHT + GAP) - GAP) * 3).fill(
    255,
  ),
};

/** The largest middle part with the tile's proportions, at the tile's size. */
function tile(image: RgbImage): RgbImage {
  const scale = Math.max(WIDTH / image.width, HEIGHT / image.height);
  const size = {
    width: Math.max(WIDTH, Math.round(image.width * scale)),
    height: Math.max(HEIGHT, Math.round(image.height * scale)),
  };
  const large = resizeImage(image, size);
  const [left, top] = [(size.width - WIDTH) >> 1, (size.height - HEIGHT) >> 1];
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    const from = ((top + y) * size.width + left) * 3;
    data.set(large.data.subarray(from, from + WIDTH * 3), y * WIDTH * 3);
  }
  return { width: WIDTH, height: HEIGHT, data };
}

function paste(image: RgbImage, row: number, column: number): void {
  for (let y = 0; y < HEIGHT; y++) {
    const to = ((row * (HEIGHT + GAP) + y) * canvas.width + column * (WIDTH + GAP)) * 3;
    canvas.data.set(image.data.subarray(y * WIDTH * 3, (y + 1) * WIDTH * 3), to);
  }
}

/** Eigenvector 2 in the report's colours, each patch a block of pixels. */
function eigenvector({ grid: [rows, columns], eigenvectors }: PanelRecord): RgbImage {
  const BLOCK = 16;
  const bytes = Uint8Array.from(atob(eigenvectors[0]), (letter) => letter.charCodeAt(0));
  const [width, height] = [columns * BLOCK, rows * BLOCK];
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = Math.floor(y / BLOCK) * columns + Math.floor(x / BLOCK);
      data.set(DIVERGING[bytes[cell]], (y * width + x) * 3);
    }
  }
  return { width, height, data };
}

const panels: PanelRecord[] = [];
for await (const { name } of Deno.readDir(`${run}/panels`)) {
  panels.push(JSON.parse(await Deno.readTextFile(`${run}/panels/${name}`)));
}
for (const [row, image] of PHOTOS.entries()) {
  const panel = panels.find((panel) => panel.image === image);
  if (!panel) throw new Error(`${run} has no panel of ${image}: run the bundled photos first`);
  const overlay = `${run}/overlays/${image.replace(/\.\w+$/, ".png")}`;
  const photo = new URL(`../fixtures/photos/${image}`, import.meta.url);
  paste(tile(await decodeImage(await Deno.readFile(photo))), row, 0);
  paste(tile(eigenvector(panel)), row, 1);
  paste(tile(await decodeImage(await Deno.readFile(overlay))), row, 2);
}
await Deno.writeFile("docs/picture.jpg", await encodeJpeg(canvas, 88));
