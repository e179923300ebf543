import type { InputPicture } from "./inputs.ts";

/** Everything that results depend on, by flag name where there is one. */
export type Identity = Readonly<
  Record<string, string | number | boolean | null | readonly (string | number)[]>
>;

const show = (value: unknown): string =>
  value === undefined ? "nothing" : Array.isArray(value) ? value.join(",") : String(value);

/** What differs between a run and the one that its folder holds, one line each. */
export async function differences(
  earlier: { readonly identity: Identity },
  now: Identity,
  listedThen: AsyncIterable<{ readonly image: string; readonly bytes: number }>,
  pictures: readonly InputPicture[],
): Promise<string[]> {
  const names = new Set([...Object.keys(earlier.identity), ...Object.keys(now)]);
  const lines = [...names].flatMap((name) => {
    const [then, value] = [show(earlier.identity[name]), show(now[name])];
    return then === value ? [] : [`${name}: ${then} there, ${value} now`];
  });
  return [...lines, ...await changedPictures(listedThen, pictures)];
}

async function changedPictures(
  listedThen: AsyncIterable<{ readonly image: string; readonly bytes: number }>,
  pictures: readonly InputPicture[],
): Promise<string[]> {
  const now = new Map(pictures.map(({ image, bytes }) => [image, bytes]));
  const gone: string[] = [];
  const changed: string[] = [];
  for await (const { image, bytes } of listedThen) {
    if (!now.has(image)) gone.push(image);
    else if (now.get(image) !== bytes) changed.push(image);
    now.delete(image);
  }
  return [
    ...some(gone, "gone"),
    ...some([...now.keys()], "new"),
    ...some(changed, "changed in size"),
  ];
}

function some(images: readonly string[], what: string): string[] {
  if (images.length === 0) return [];
  const names = images.slice(0, 3).join(", ") + (images.length > 3 ? ", …" : "");
  const count = images.length === 1 ? "1 picture is" : `${images.length} pictures are`;
  return [`${count} ${what}: ${names}`];
}
