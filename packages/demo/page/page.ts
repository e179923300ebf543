/// <reference lib="dom" />
/**
 * The page at work: a picture is opened, shown under the settings, and all views follow.
 *
 * @module
 */
import { FLAG_WORDS, type MaskRecord, percent, plural } from "@fiedler/report";
import type { ModelFacts, Shown, Studio, StudioOptions } from "../studio.ts";
import { atRest } from "./at_rest.ts";
import { announce, sayError } from "./banners.ts";
import { type Controls, makeControls } from "./controls.ts";
import { byId, el } from "./dom.ts";
import { assignColours, type Colours, tintOf } from "./mask_colours.ts";
import { enableExports } from "./exports.ts";
import { forgetPhoto, type Photo, readPhoto } from "./photo.ts";
import { makeProvenance } from "./provenance.ts";
import { makeRivalGroups } from "./rival_groups.ts";
import { keptMasks, makeScene, type Scene, type View } from "./scene.ts";
import { makeScorePlot } from "./score_plot.ts";
import { makeSelection } from "./selection.ts";
import { toHash } from "./settings.ts";
import { makeStage, type StageMode } from "./stage.ts";
import { stepPanels } from "./step_panels.ts";
import { makeStrip } from "./strip.ts";
import { maskName, originWords, timeWords } from "./words.ts";

/** Share of the time from which on a part is told. */
const TOLD = 0.04;

/** What the rest of the page can ask of it. */
export interface Page {
  readonly controls: Controls;
  /** What is shown; null before the first result. */
  readonly scene: Scene | null;
  /** Opens a picture and shows it; false when it did not come to that. */
  open(file: Blob, name: string): Promise<boolean>;
  /** Shows the open picture under the settings as they are. */
  show(): Promise<void>;
  /** Shows what the trained segmenter finds in the open picture. */
  find(): Promise<void>;
  /** To the mask so many places on, or to none. */
  step(by: 1 | -1 | 0): void;
}

/** Makes the page of a studio that is open. */
export function makePage(studio: Studio, models: readonly ModelFacts[]): Page {
  const selection = makeSelection(({ active, pinned }) => {
    const mask = maskOf(active);
    views.forEach((view) => view.highlight(mask));
    if (pinned !== null && pinned === active) announce(spoken(mask, scene));
  });
  const stage = makeStage(selection);
  const views: View[] = [
    stage,
    makeStrip(selection),
    makeProvenance(selection),
    stepPanels(selection),
    makeScorePlot(selection),
    makeRivalGroups(selection),
  ];
  const controls = makeControls(models, () => show());
  let photo: Photo | null = null;
  let scene: Scene | null = null;
  let colours: Colours = new Map();
  /** Of the pictures that were asked for. */
  let newest = 0;
  let opening = 0;
  let waiting = 0;

  const maskOf = (id: number | null): MaskRecord | null =>
    scene?.shown.record.masks.find((mask) => mask.id === id) ?? null;
  const wait = (by: 1 | -1) => {
    waiting += by;
    byId("stage").toggleAttribute("data-busy", waiting > 0);
    byId("stage").setAttribute("aria-busy", String(waiting > 0));
  };

  const draw = (of: Photo, shown: Shown, options: StudioOptions) => {
    const pinned = maskOf(selection.pinned);
    colours = assignColours(keptMasks(shown), colours);
    scene = makeScene(of, shown, options, colours);
    for (const view of views) view.update(scene);
    const same = scene.shown.record.masks
      .find(({ k, grid }) => k === pinned?.k && grid.counts === pinned.grid.counts);
    selection.hover(null);
    selection.pin(same?.id ?? null);
    for (const view of views) view.highlight(same ?? null);
    tellResult(scene);
    enableExports();
    keepAddress(toHash(options, studio.models()));
  };

  const show = async () => {
    if (!photo || opening > 0) return; // what is being opened will be shown
    const [of, options] = [photo, controls.options];
    wait(1);
    try {
      const shown = await studio.show(options);
      if (of === photo && opening === 0) draw(of, shown, options);
    } catch (error) {
      sayError("This setting did not work.", error);
    } finally {
      wait(-1);
    }
  };

  const take = async (file: Blob, name: string): Promise<boolean> => {
    const mine = ++newest;
    const reading = readPhoto(file, name);
    reading.catch(() => {}); // the studio's words on a file that is no picture say more
    await studio.open(file, name);
    const next = await reading.catch(async (error) => {
      if (photo) await studio.open(photo.file, photo.name); // what is still shown
      throw error;
    });
    if (mine !== newest) {
      forgetPhoto(next);
      return false;
    }
    if (photo) forgetPhoto(photo);
    [photo, scene, colours] = [next, null, new Map()];
    stage.open(next);
    stage.setFound([]);
    byId("trained-view").hidden = true;
    byId("picture-name").textContent = `${name} · ${next.width} × ${next.height}`;
    return true;
  };

  const open = async (file: Blob, name: string) => {
    wait(1);
    opening++;
    let taken = false;
    try {
      taken = await take(file, name);
    } catch (error) {
      sayError(`${name} could not be opened.`, error);
    } finally {
      opening--;
      wait(-1);
    }
    await show();
    return taken;
  };

  const setMode = (mode: StageMode) => {
    const input = document.querySelector<HTMLInputElement>(`#views [value=${mode}]`)!;
    input.checked = true;
    stage.setMode(mode);
  };
  byId("views").addEventListener("change", (event) => {
    stage.setMode((event.target as HTMLInputElement).value as StageMode);
  });
  setMode("masks");

  const find = async () => {
    wait(1);
    try {
      const { objects, ms } = await studio.predict();
      stage.setFound(objects.map(({ segmentation, score }, i) => ({
        ...{ segmentation, tint: tintOf(i) },
        words: `Object ${i + 1}: ${percent(score)} sure`,
      })));
      byId("trained-view").hidden = false;
      setMode("trained");
      byId("summary").textContent = `${plural(objects.length, "object")} by the trained segmenter`;
      byId("times").textContent = timeWords(ms);
      byId("workbench").scrollIntoView();
    } catch (error) {
      sayError("The trained segmenter did not work.", error);
    } finally {
      wait(-1);
    }
  };

  const step = (by: 1 | -1 | 0) => {
    selection.hover(null);
    if (by === 0 || !scene) return selection.pin(null);
    const order = [...scene.kept, ...scene.dropped];
    const at = order.findIndex(({ id }) => id === selection.pinned);
    const next = at < 0 ? (by === 1 ? 0 : order.length - 1) : at + by;
    selection.pin(order[(next + order.length) % order.length]?.id ?? null);
  };

  views.forEach((view) => view.highlight(null));
  return {
    controls,
    get scene() {
      return scene;
    },
    ...{ open, show, find, step },
  };
}

/** Numbers of the result, how long it took, and what lowers the trust in it. */
function tellResult({ kept, shown: { record, times } }: Scene): void {
  const words = `${plural(kept.length, "mask")} of ${plural(record.masks.length, "piece")}`;
  byId("summary").textContent = words;
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  byId("times").textContent = [
    `in ${timeWords(total)}`,
    ...times.filter(({ ms }) => ms > TOLD * total).map(({ part, ms }) =>
      `${part} ${timeWords(ms)}`
    ),
  ].join(" · ");
  announce(words);
  byId("flags").replaceChildren(...record.flags.map((flag) => {
    const { name, meaning } = FLAG_WORDS[flag];
    return el("li", {}, el("strong", {}, name), " ", meaning);
  }));
}

/** A mask in words, for those who hear the page. */
function spoken(mask: MaskRecord | null, scene: Scene | null): string {
  if (!mask || !scene) return "";
  const fate = mask.dropped ? "dropped" : "kept";
  return `${maskName(mask)}, ${fate}, ${originWords(mask)}`;
}

/** Writes settings into the address once a slider rests: browsers limit how often that may be. */
const keepAddress = atRest(400, (hash: string) => {
  if (location.hash.replace(/^#/, "") === hash) return;
  history.replaceState(null, "", hash === "" ? location.pathname : `#${hash}`);
});
