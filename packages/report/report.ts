import { card } from "./card.ts";
import { definitions, type Drawing, drawing } from "./figures.ts";
import { gainSection, gainTitle } from "./gain.ts";
import { html, type Markup } from "./html.ts";
import type { ReportInput } from "./input.ts";
import { pageHead } from "./page.ts";
import { predictionSection } from "./prediction.ts";
import {
  contents,
  hero,
  howItWorks,
  invitation,
  settings,
  skips,
  summary,
  times,
} from "./sections.ts";
import { add, emptyTally } from "./tally.ts";
import { trainingPart } from "./training.ts";

const BEST = 3; // pictures in the hero

/**
 * The report of a run as one HTML file: no script, no other file, no request.
 *
 * Reads all pictures before the first chunk, since the numbers come first. Memory is that of the
 * pictures in the gallery, whatever the number of the others. Whatever comes from outside (file
 * names, reasons, adapter names) is escaped, and the page's content security policy allows nothing
 * but its own style and inline pictures.
 *
 * @returns Chunks of HTML, in order.
 * @throws {RangeError} when a panel does not fit the grid of its picture, or is not base64; when a
 *   mask is not of the size of its picture; when steps of a training do not rise.
 *
 * @example
 * ```ts ignore
 * for await (const chunk of renderReport(input)) await file.write(encoder.encode(chunk));
 * ```
 */
export async function* renderReport(input: ReportInput): AsyncIterable<string> {
  const { run, skipped, training, prediction, gain } = input;
  const tally = emptyTally();
  const gallery: Drawing[] = [];
  for await (const picture of input.pictures) {
    add(tally, picture.record);
    if (gallery.length < input.galleryLimit) gallery.push(drawing(picture, gallery.length + 1));
  }
  const first = gallery.find(({ panel }) => panel !== null);
  const links = [
    ...(gain ? [["gain", gainTitle(gain)]] : []),
    ...(first ? [["how", "How it works"]] : []),
    ["summary", "This run"],
    ...(gallery.length > 0 ? [["pictures", "Pictures"]] : []),
    ...(prediction ? [["prediction", "Found"]] : []),
    ...(training ? [["training", "Training"]] : []),
    ["time", "Time"],
    ["settings", "Settings"],
    ["yours", "Your photos"],
  ];
  yield pageHead(run.title, links);
  yield hero(run, tally, bestOf(gallery), prediction).markup;
  if (gain) yield gainSection(gain).markup;
  if (first) yield howItWorks(first).markup;
  yield summary(run, tally, skipped.length).markup;
  if (gallery.length > 0) {
    yield html`<section id="pictures">${contents(gallery, tally)}`.markup;
    for (const it of gallery) yield definitions(it).markup + card(it).markup;
    yield "</section>\n";
  }
  const rest: readonly (Markup | false)[] = [
    prediction !== undefined && predictionSection(prediction, gallery),
    training !== undefined && trainingPart(training),
    skips(skipped),
    times(run),
    settings(run, tally),
    invitation(),
  ];
  yield html`${rest}</main>\n</body>\n</html>\n`.markup;
}

/**
 * The pictures to show first: those without flags whose best four masks score highest by
 * saliency × coherence. Our choice; ties keep the order of the run.
 */
function bestOf(gallery: readonly Drawing[]): readonly Drawing[] {
  const merit = ({ record, kept }: Drawing) =>
    kept.slice(0, 4).reduce((sum, { ioa, coherence }) => sum + (ioa ?? 0.5) * coherence, 0) -
    4 * Math.sign(record.flags.length);
  return gallery
    .filter(({ panel, kept }) => panel !== null && kept.length > 0)
    .map((it) => ({ it, merit: merit(it) }))
    .sort((a, b) => b.merit - a.merit)
    .slice(0, BEST)
    .map(({ it }) => it);
}
