import assert from "node:assert/strict";
import { zlibSync } from "fflate";
import { decodeImage, encodePng, ImageError, imageHeader } from "@fiedler/io";
import { crc32 } from "../../packages/io/crc32.ts";
import { cpuTime } from "../../tools/bench/cpu_time.ts";
import { fixture, imageError, seeded } from "./fixtures.ts";

const PATHS = ["images/420.jpg", "images/progressive.jpg", "images/noise.png", "images/rgb16.png"];

/** Decodes or is refused by an `ImageError`; anything else fails the test. */
async function decodes(bytes: Uint8Array): Promise<boolean> {
  try {
    const { width, height, data } = await decodeImage(bytes, { maxPixels: 1e6 });
    assert.equal(data.length, 3 * width * height);
    return true;
  } catch (error) {
    assert.ok(error instanceof ImageError, `not an ImageError: ${error}`);
    return false;
  }
}

function png(width: number, height: number, rows: Uint8Array, colour = 2): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8);
  header.setUint8(9, colour);
  const chunk = (type: string, body: Uint8Array) => {
    const out = new Uint8Array(body.length + 12);
    out.set([...type].map((letter) => letter.charCodeAt(0)), 4);
    out.set(body, 8);
    const view = new DataView(out.buffer);
    view.setUint32(0, body.length);
    view.setUint32(8 + body.length, crc32(out.subarray(4, 8 + body.length)));
    return out;
  };
  const signature = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10];
  return Uint8Array.from([
    ...signature,
    ...chunk("IHDR", new Uint8Array(header.buffer)),
    ...chunk("IDAT", zlibSync(rows)),
    ...chunk("IEND", new Uint8Array(0)),
  ]);
}

Deno.test("a file cut at any of 64 points is refused", async () => {
  for (const path of [...PATHS, "photos/rocket.jpg", "photos/coins.png"]) {
    const bytes = fixture(path);
    for (let cut = 0; cut < 64; cut++) {
      const length = Math.floor(bytes.length * cut / 64);
      assert.equal(await decodes(bytes.subarray(0, length)), false, `${path} at ${length}`);
    }
  }
});

Deno.test("a cut JPEG with an end marker put behind is refused too", async () => {
  const bytes = fixture("photos/rocket.jpg");
  for (const part of [0.1, 0.5, 0.9]) {
    const cut = bytes.slice(0, Math.floor(bytes.length * part));
    cut.set([0xff, 0xd9], cut.length - 2);
    await assert.rejects(decodeImage(cut), imageError("truncated", /premature end/i));
  }
});

Deno.test("500 seeded byte flips: decoded or an ImageError, and the next is right", async () => {
  const random = seeded(7);
  const right = await decodeImage(fixture(PATHS[0]));
  for (let trial = 0; trial < 500; trial++) {
    const bytes = fixture(PATHS[trial % PATHS.length]);
    const at = random(bytes.length);
    const decoded = await decodes(bytes.with(at, bytes[at] ^ (1 + random(255))));
    if (PATHS[trial % PATHS.length].endsWith("png")) assert.equal(decoded, false, `byte ${at}`);
  }
  assert.deepEqual((await decodeImage(fixture(PATHS[0]))).data, right.data);
});

Deno.test("damaged and whole JPEGs decoded at once do not disturb each other", async () => {
  const bytes = fixture("images/420.jpg");
  const right = await decodeImage(bytes);
  const broken = bytes.slice();
  broken.fill(0, 20, 200);
  const results = await Promise.allSettled(
    Array.from({ length: 12 }, (_, i) => decodeImage(i % 3 === 0 ? broken : bytes)),
  );
  results.forEach((result, i) => {
    assert.equal(result.status, i % 3 === 0 ? "rejected" : "fulfilled", `${i}`);
    if (result.status === "fulfilled") assert.deepEqual(result.value.data, right.data);
  });
});

Deno.test("the signature decides, and other formats are named", async () => {
  const text = (value: string) => Uint8Array.from(value, (letter) => letter.charCodeAt(0));
  const cases: [Uint8Array, ConstructorParameters<typeof ImageError>[0], RegExp][] = [
    [new Uint8Array(0), "not-an-image", /empty \(0 bytes\)/],
    [text("GIF89a....."), "unsupported", /looks like GIF/],
    [text("RIFF\x10\0\0\0WEBPVP8 "), "unsupported", /looks like WebP/],
    [text("\0\0\0\x18ftypheic\0\0\0\0"), "unsupported", /looks like HEIC/],
    [text("\0\0\0\x18ftypavif\0\0\0\0"), "unsupported", /looks like AVIF/],
    [text("%PDF-1.7"), "unsupported", /looks like PDF/],
    [text("II*\0\0\0\0\0"), "unsupported", /looks like TIFF/],
    [text("<!doctype html>"), "not-an-image", /looks like text, starts with "<!doctype html>"/],
    [Uint8Array.of(0, 1, 2, 3, 4), "not-an-image", /starts with bytes 00 01 02 03/],
    [text("\x89PNG"), "truncated", /inside its signature/],
    [text("\xff\xd8"), "truncated", /inside its signature/],
  ];
  for (const [bytes, code, message] of cases) {
    await assert.rejects(decodeImage(bytes), imageError(code, message));
    assert.throws(() => imageHeader(bytes), imageError(code, message));
  }
});

Deno.test("pictures beyond maxPixels are refused from the header", async () => {
  const bomb = png(20000, 20000, new Uint8Array(0));
  const start = cpuTime();
  await assert.rejects(decodeImage(bomb), imageError("too-large", /400000000 pixels.*maxPixels/));
  assert.ok(cpuTime() - start < 50);
  const photo = fixture("photos/china.jpg");
  const limit = { maxPixels: 640 * 427 - 1 };
  await assert.rejects(decodeImage(photo, limit), imageError("too-large", /640 × 427/));
  assert.equal((await decodeImage(photo, { maxPixels: 640 * 427 })).width, 640);
});

Deno.test("sizes that the data cannot fill are refused before they are allocated", async () => {
  const start = cpuTime();
  await assert.rejects(
    decodeImage(png(10000, 10000, new Uint8Array(0))),
    imageError("truncated", /cannot inflate to 300010000 bytes/),
  );
  const jpeg = fixture("images/444.jpg");
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  const wide = jpeg.slice();
  wide.set([0x05, 0xdc, 0xff, 0xff], frame + 5); // 65535 × 1500
  await assert.rejects(decodeImage(wide), imageError("truncated", /cannot hold 65535 × 1500/));
  assert.ok(cpuTime() - start < 50);
});

Deno.test("a PNG whose rows inflate to more or less than its size is refused", async () => {
  const bomb = png(4, 4, new Uint8Array(64 << 20));
  const start = cpuTime();
  await assert.rejects(decodeImage(bomb), imageError("corrupt", /goes on after the 52 bytes/));
  assert.ok(cpuTime() - start < 500);
  const short = png(4, 4, new Uint8Array(51));
  await assert.rejects(decodeImage(short), imageError("truncated", /need 52 bytes.* has 51/));
  const filter = png(1, 1, Uint8Array.of(5, 0, 0, 0));
  await assert.rejects(decodeImage(filter), imageError("corrupt", /row filter 5/));
  const palette = png(1, 1, Uint8Array.of(0, 0), 3);
  await assert.rejects(decodeImage(palette), imageError("corrupt", /needs a PLTE/));
});

Deno.test("a flipped checksum is found, bytes after the end are not read", async () => {
  const bytes = encodePng({ width: 1, height: 1, data: Uint8Array.of(1, 2, 3) });
  const flipped = bytes.with(bytes.length - 1, bytes[bytes.length - 1] ^ 1);
  await assert.rejects(decodeImage(flipped), imageError("corrupt", /checksum of chunk "IEND"/));
  for (const path of ["images/noise.png", "images/444.jpg"]) {
    const whole = fixture(path);
    const longer = new Uint8Array(whole.length + 9).fill(7);
    longer.set(whole);
    assert.deepEqual((await decodeImage(longer)).data, (await decodeImage(whole)).data);
  }
});

Deno.test("extreme but real sizes decode", async () => {
  for (const [width, height] of [[1, 1], [65535, 1], [1, 65535]]) {
    const data = new Uint8Array(3 * width * height).fill(9);
    const image = await decodeImage(encodePng({ width, height, data }));
    assert.deepEqual([image.width, image.height], [width, height]);
    assert.deepEqual(image.data, data);
  }
});
