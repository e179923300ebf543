/// <reference lib="dom" />
import { byId, el } from "./dom.ts";

/** A picture that comes with the page. */
export interface Sample {
  /** Its file's name, in `samples/`. */
  readonly file: string;
  readonly title: string;
  /** Author and licence. */
  readonly credit: string;
}

const FOLDER = new URL("samples/", document.baseURI);

/**
 * The list of samples.
 *
 * @throws {Error} when the site has none.
 */
export async function listSamples(): Promise<readonly Sample[]> {
  return await (await fetched("index.json")).json();
}

/** A sample's file. */
export async function readSample({ file }: Sample): Promise<Blob> {
  return await (await fetched(file)).blob();
}

async function fetched(file: string): Promise<Response> {
  const url = new URL(file, FOLDER);
  const response = await fetch(url);
  if (response.ok) return response;
  throw new Error(`samples: ${url} answered ${response.status}; look whether the site is whole`);
}

/** Shows the samples as thumbnails that open them. */
export function showSamples(samples: readonly Sample[], open: (sample: Sample) => void): void {
  byId("samples").replaceChildren(...samples.map((sample) => {
    const { file, title, credit } = sample;
    const src = new URL(file, FOLDER).href;
    const image = el("img", { src, alt: title, loading: "lazy", decoding: "async" });
    const button = el("button", { type: "button", title: `${title}: ${credit}` }, image);
    button.addEventListener("click", () => open(sample));
    return el("li", { "data-file": file }, button);
  }));
}

/** Marks the sample that is open; none for a picture of one's own. */
export function markSample(file: string | null): void {
  for (const item of byId("samples").querySelectorAll<HTMLElement>("[data-file]")) {
    const current = item.dataset.file === file;
    item.querySelector("button")!.setAttribute("aria-pressed", String(current));
  }
}
