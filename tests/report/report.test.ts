import assert from "node:assert/strict";
import type { RgbImage } from "@fiedler/io";
import {
  type PictureRecord,
  renderReport,
  type ReportInput,
  type ReportPicture,
  type SkipRecord,
} from "@fiedler/report";
import { samplePicture, sampleRun } from "./sample.ts";

const HOSTILE = `<img src=x onerror="alert('1')">`;

/** Two discs on a graded ground: enough for masks kept and dropped. */
function discs(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const [y, x] = [Math.floor(i / width), i % width];
    const red = Math.hypot(x - width * 0.3, y - height * 0.5) < height * 0.25;
    const green = Math.hypot(x - width * 0.75, y - height * 0.4) < height * 0.2;
    data.set(red ? [220, 40, 30] : green ? [30, 190, 70] : [90 + y / 4, 110, 150], i * 3);
  }
  return { width, height, data };
}

const pictures: readonly ReportPicture[] = [
  await samplePicture(discs(160, 112), "discs.png", 1, "short:112"),
  await samplePicture(discs(112, 160), "tall/discs.png", 7, "short:112"),
];

async function* stream(items: Iterable<ReportPicture>): AsyncIterable<ReportPicture> {
  yield* items;
}

async function render(
  items: Iterable<ReportPicture> = pictures,
  rest: Partial<ReportInput> = {},
): Promise<string> {
  const input = { run: sampleRun, skipped: [], galleryLimit: 10, ...rest };
  return (await Array.fromAsync(renderReport({ ...input, pictures: stream(items) }))).join("");
}

Deno.test("the report is one file without script or request, under a strict policy", async () => {
  const page = await render();
  assert.match(page, /^<!doctype html>/);
  assert.match(page, /<\/html>\s*$/);
  assert.doesNotMatch(page, /<script|<iframe|<link|javascript:|@import|\son\w+=/i);
  const policy = page.indexOf(
    `content="default-src 'none'; img-src data:; style-src 'unsafe-inline'"`,
  );
  assert.ok(policy > 0 && policy < page.indexOf("<style>"));
  const loaded = [...page.matchAll(/<image[^>]*\shref="([^"]{0,30})/g)].map(([, href]) => href);
  assert.ok(loaded.length > 10);
  assert.ok(loaded.every((href) => href.startsWith("data:image/")));
});

Deno.test("ids are unique and every link within the page leads somewhere", async () => {
  for (const page of [await render(), await render([])]) checkLinks(page);
});

function checkLinks(page: string): void {
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  const targets = [...page.matchAll(/(?:href="|url\()#([^")]*)/g)].map(([, id]) => id);
  assert.deepEqual(targets.filter((id) => !ids.includes(id)), []);
}

Deno.test("each photo is stored once", async () => {
  const page = await render();
  for (const { panel } of pictures) {
    assert.equal(page.split(panel?.thumbnail ?? "?").length, 2);
  }
});

Deno.test("the same input gives the same bytes", async () => {
  assert.equal(await render(), await render());
});

Deno.test("hostile text is shown, not run, wherever it comes from", async () => {
  const [{ record, panel }] = pictures;
  assert.ok(panel);
  const hostile: ReportPicture = {
    record: {
      ...record,
      image: HOSTILE,
      sha256: HOSTILE,
      model: { name: HOSTILE, sha256: HOSTILE, centred: true },
    },
    panel: { ...panel, image: HOSTILE },
  };
  const skipped: SkipRecord[] = [{ image: HOSTILE, id: 2, code: HOSTILE, reason: HOSTILE }];
  const adapter = { description: HOSTILE, vendor: HOSTILE, architecture: HOSTILE, software: true };
  const run = {
    ...sampleRun,
    title: HOSTILE,
    command: HOSTILE,
    startedAt: HOSTILE,
    version: HOSTILE,
    adapter,
    weights: [{ name: "mae-tiny", title: HOSTILE, terms: HOSTILE }],
    options: [{ name: HOSTILE, value: HOSTILE, source: HOSTILE }],
    stages: [{ name: HOSTILE, ms: 1 }],
    kernels: [{ name: HOSTILE, ms: 1, calls: 1 }],
    outputs: [{ path: HOSTILE, what: HOSTILE }],
  };
  const page = await render([hostile], { run, skipped });
  assert.equal(page.includes("<img"), false);
  assert.equal(page.includes('onerror="'), false);
  assert.ok(page.split("&lt;img src=x onerror=&quot;").length > 15);
});

Deno.test("pictures after the limit count in the numbers only", async () => {
  const page = await render([...pictures, ...pictures], { galleryLimit: 1 });
  assert.equal(page.split("<article").length, 2);
  assert.match(page, /looked at 4 pictures/);
  assert.match(page, /3 more pictures/);
});

Deno.test("every dropped mask has its reason, every flag its meaning", async () => {
  const [{ record, panel }] = pictures;
  const flagged: PictureRecord = { ...record, flags: ["small-gap", "not-converged"] };
  const page = await render([{ record: flagged, panel }]);
  const dropped = record.masks.filter((mask) => mask.dropped !== null);
  assert.ok(dropped.length > 0 && dropped.length < record.masks.length);
  for (const { id } of dropped) assert.match(page, new RegExp(`patches of mask ${id}"`));
  for (const { id } of record.masks.filter((mask) => mask.dropped === null)) {
    assert.match(page, new RegExp(`cut-out of mask ${id}"`));
  }
  assert.match(page, /could have come out otherwise/);
  assert.match(page, /less accurate than wanted/);
});

Deno.test("a run without pictures, and a picture without panel or masks, have a report", async () => {
  const [{ record }] = pictures;
  const counts = { clusters: 0, components: 0, afterArea: 0, afterSaliency: 0, kept: 0 };
  const flat: PictureRecord = {
    ...record,
    flags: ["flat"],
    masks: [],
    saliency: null,
    saliencyModel: null,
    eigen: { values: [], residuals: [], gaps: {} },
    counts,
  };
  assert.match(await render([]), /looked at 0 pictures/);
  assert.match(await render([{ record: flat, panel: null }]), /nothing to cut/);
  assert.match(await render([{ record, panel: null }]), /class="no-photo"/);
  for (const page of [await render([]), await render([{ record: flat, panel: null }])]) {
    assert.doesNotMatch(page, /NaN|Infinity|undefined/);
  }
});

Deno.test("a panel that does not fit its grid is refused by name", async () => {
  const [{ record, panel }] = pictures;
  assert.ok(panel);
  const wrong = { ...panel, eigenvectors: ["AAAA"] };
  await assert.rejects(render([{ record, panel: wrong }]), {
    name: "RangeError",
    message: "renderReport: eigenvector 2 of discs.png must be [7, 10], got 3",
  });
});

Deno.test("a thumbnail that is not base64 is refused by name", async () => {
  const [{ record, panel }] = pictures;
  assert.ok(panel);
  await assert.rejects(render([{ record, panel: { ...panel, thumbnail: HOSTILE } }]), {
    name: "RangeError",
    message: "renderReport: thumbnail of discs.png must be base64",
  });
});

Deno.test("a quarter of a million pictures take no more page than a few", async () => {
  const [{ record }] = pictures;
  const lean = { ...record, masks: record.masks.slice(0, 4) };
  function* many(): Iterable<ReportPicture> {
    for (let i = 0; i < 241_690; i++) yield { record: lean, panel: null };
  }
  const page = await render(many(), { galleryLimit: 2 });
  assert.match(page, /241,690/);
  assert.ok(page.length < 100_000, `${page.length} characters`);
});
