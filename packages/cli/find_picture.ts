import { usage } from "./args.ts";
import type { PictureRecord, SkipRecord } from "./engine.ts";
import { extname } from "./paths.ts";
import { findRecord, listedPictures, readSkips } from "./run_folder.ts";
import { suggest } from "./suggest.ts";

/** A picture's place in a run. */
export interface Place {
  readonly image: string;
  /** Place in the list of pictures, from 0. */
  readonly index: number;
}

/** What a run knows of a picture. */
export type Found =
  | { readonly kind: "done"; readonly record: PictureRecord }
  | { readonly kind: "skipped"; readonly skip: SkipRecord };

/**
 * What a run recorded of the picture that is meant: by its path, the end of its path with or
 * without extension, or its COCO id.
 *
 * @throws {CliError} exit 2 when no picture or several are meant, or it is not done yet.
 */
export async function findPicture(folder: string, meant: string): Promise<Found> {
  const { image, index } = choose(await candidates(folder, meant), meant, folder);
  const record = await findRecord(folder, image, index);
  if (record !== null) return { kind: "done", record };
  const skip = (await readSkips(folder)).find((skip) => skip.image === image);
  if (skip) return { kind: "skipped", skip };
  throw usage(`${image} is not done yet`, folder, "let the run end, or resume it");
}

interface Candidates {
  readonly exact: readonly Place[];
  readonly byId: readonly Place[];
  readonly byEnd: readonly Place[];
  readonly names: readonly string[];
}

async function candidates(folder: string, meant: string): Promise<Candidates> {
  const [exact, byId, byEnd]: Place[][] = [[], [], []];
  const names: string[] = [];
  const wanted = meant.replaceAll("\\", "/").replace(/^(\.\/)+/, "");
  let index = 0;
  for await (const { image, id } of listedPictures(folder)) {
    const place = { image, index: index++ };
    if (image === wanted) exact.push(place);
    if (String(id) === wanted) byId.push(place);
    if (endsAs(image, wanted)) byEnd.push(place);
    names.push(image);
  }
  return { exact, byId, byEnd, names };
}

/** Whether a path ends with whole names, or is the end of a longer path, extension or not. */
function endsAs(image: string, wanted: string): boolean {
  const bare = image.slice(0, image.length - extname(image).length);
  return [image, bare].some((name) =>
    name === wanted || name.endsWith(`/${wanted}`) || wanted.endsWith(`/${name}`)
  );
}

function choose({ exact, byId, byEnd, names }: Candidates, meant: string, folder: string): Place {
  const [place, ...others] = [exact, byId, byEnd].find((list) => list.length > 0) ?? [];
  if (place === undefined) {
    const short = names.map((name) => name.slice(name.lastIndexOf("/") + 1));
    const near = suggest(meant, [...short, ...short.map(withoutExtension), ...names]);
    const hint = near === null ? "" : `, did you mean ${near}?`;
    throw usage(`no picture of the run is "${meant}"${hint}`, folder, "names are in inputs.jsonl");
  }
  if (others.length === 0) return place;
  const some = [place, ...others].slice(0, 3).map(({ image }) => image).join(", ");
  throw usage(
    `"${meant}" may be ${others.length + 1} pictures: ${some}${others.length > 2 ? ", …" : ""}`,
    folder,
    "write more of the path",
  );
}

const withoutExtension = (name: string) => name.slice(0, name.length - extname(name).length);
