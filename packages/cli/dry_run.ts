import { imageHeader, planSize } from "@fiedler/io";
import { EXIT, type ExitCode } from "./exit.ts";
import type { Plan } from "./plan.ts";
import type { World } from "./run.ts";
import { notPicturesLine } from "./summary.ts";

/** `--dry-run`: says what a run would do, from the headers of the pictures, and writes nothing. */
export async function dryRun(plan: Plan, { out }: World): Promise<ExitCode> {
  const { inputs: { pictures, base, notPictures }, model, saliencyModel, folder } = plan;
  let megapixels = 0;
  let unreadable = 0;
  let [fewest, most] = [Infinity, 0];
  for (const { path } of pictures) {
    const size = await pixelsOf(path, plan.rule);
    if (size === null) unreadable++;
    else {
      megapixels += size.source / 1e6;
      [fewest, most] = [Math.min(fewest, size.resized), Math.max(most, size.resized)];
    }
  }
  out.event({ event: "plan", folder, pictures: pictures.length, unreadable, megapixels });
  const others = notPicturesLine(notPictures);
  const lines = [
    `pictures  ${pictures.length} in ${base}, ${megapixels.toPrecision(3)} megapixels`,
    ...(unreadable > 0 ? [`          ${unreadable} cannot be read and would be skipped`] : []),
    ...(others ? [`          ${others}`] : []),
    `resize    ${plan.rule}: ${fewest} to ${most} pixels`,
    `models    ${model.name}, saliency ${saliencyModel?.name ?? "none"}`,
    `options   ${
      Object.entries(plan.options).map(([name, value]) => `${name} ${value}`).join(", ")
    }`,
    `into      ${folder}`,
    "nothing was computed or written (--dry-run)",
  ];
  out.print(lines.join("\n"));
  return EXIT.ok;
}

async function pixelsOf(
  path: string,
  rule: string,
): Promise<{ source: number; resized: number } | null> {
  try {
    const { width, height } = imageHeader(await Deno.readFile(path));
    const { resized } = planSize(width, height, rule, 1);
    return { source: width * height, resized: resized.width * resized.height };
  } catch {
    return null; // counted as unreadable
  }
}
