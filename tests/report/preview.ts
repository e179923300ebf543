/**
 * Writes a sample report to look at:
 * `deno run --allow-read --allow-write tests/report/preview.ts report.html [resize rule]`
 */

import { decodeImage } from "@fiedler/io";
import { renderReport, type ReportPicture } from "@fiedler/report";
import { samplePicture, sampleRun } from "./sample.ts";

const FOLDER = "fixtures/photos";
const [path = "report.html", rule = "short:320"] = Deno.args;

async function* pictures(): AsyncIterable<ReportPicture> {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  let id = 0;
  for (const name of names.filter((name) => /\.(jpg|png)$/.test(name))) {
    const image = await decodeImage(await Deno.readFile(`${FOLDER}/${name}`));
    yield await samplePicture(image, name, ++id, rule);
  }
}

const skipped = [
  { image: "holiday/IMG_0042.jpg", id: 14, code: "truncated", reason: "ends inside a scan" },
  {
    image: '<img src=x onerror="alert(1)">.png',
    id: 15,
    code: "not-an-image",
    reason: "starts with neither a JPEG nor a PNG signature",
  },
];
const report = renderReport({ run: sampleRun, pictures: pictures(), skipped, galleryLimit: 12 });
await Deno.writeTextFile(path, (await Array.fromAsync(report)).join(""));
