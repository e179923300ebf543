/** A sample photo, as `samples/index.json` lists it. */
export interface Sample {
  /** Name of its file, beside the list. */
  readonly file: string;
  /** For people. */
  readonly title: string;
  /** Who made it, and under which licence it is here. */
  readonly credit: string;
}

/** The table of a README: file, pixels, author and origin, licence. */
export function samplesOf(readme: string): Sample[] {
  const rows = readme.matchAll(/^\| `([^`]+)` \|[^|]*\|([^|]+)\|([^|]+)\|$/gm);
  return Array.from(rows, ([, file, author, licence]) => ({
    file,
    title: titleOf(file),
    credit: `${author.trim()}; ${licence.trim()}`,
  }));
}

function titleOf(file: string): string {
  const words = file.replace(/\.\w+$/, "").replaceAll("_", " ");
  return words.length <= 3 ? words.toUpperCase() : words[0].toUpperCase() + words.slice(1);
}
