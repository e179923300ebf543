/// <reference lib="dom" />
/**
 * The page at work: a picture is opened, shown under the settings, and all views follow.
 *
 * @module
 */
import type { MaskRecord } from "@fiedler/report";
import type { Shown, Studio, StudioOptions } from "../studio.ts";
import { announce, sayError } from "./banners.ts";
import { Controls } from "./controls.ts";
import { byId } from "./dom.ts";
import { enableExports } from "./exports.ts";
import { makeFoundView } from "./found_view.ts";
import { keepHash } from "./hash.ts";
import { assignColours, type Colours } from "./mask_colours.ts";
import { forgetPhoto, type Photo, readPhoto } from "./photo.ts";
import { makeProvenance } from "./provenance.ts";
import { tellResult } from "./result_words.ts";
import { makeRivalGroups } from "./rival_groups.ts";
import { keptMasks, makeScene, type Scene, type View } from "./scene.ts";
import { makeScorePlot } from "./score_plot.ts";
import { makeSelection, type Selection } from "./selection.ts";
import { toHash } from "./settings.ts";
import { Stage } from "./stage.ts";
import { makeModes } from "./stage_modes.ts";
import { stepPanels } from "./step_panels.ts";
import { Strip } from "./strip.ts";
import { spoken } from "./words.ts";

/** One picture, what was found in it, and all that shows it. */
export class Page {
  readonly controls: Controls;
  readonly #selection = makeSelection((selection) => this.#light(selection));
  readonly #stage = new Stage(this.#selection);
  readonly #modes = makeModes(this.#stage);
  readonly #found = makeFoundView(this.#stage);
  readonly #views: View[] = [
    this.#stage,
    new Strip(this.#selection),
    makeProvenance(this.#selection),
    stepPanels(this.#selection),
    makeScorePlot(this.#selection),
    makeRivalGroups(this.#selection),
  ];
  #photo: Photo | null = null;
  #scene: Scene | null = null;
  #colours: Colours = new Map();
  /** Pictures that were asked for, and those of them that are being opened. */
  #asked = 0;
  #opening = 0;
  #waiting = 0;

  constructor(private readonly studio: Studio) {
    this.controls = new Controls(studio.models(), () => this.show());
    for (const view of this.#views) view.highlight(null);
  }

  /** What is shown; null before the first result. */
  get scene(): Scene | null {
    return this.#scene;
  }

  /** Shows every scene in one more view. */
  addView(view: View): void {
    this.#views.push(view);
    if (this.#scene) view.update(this.#scene);
  }

  /** Opens a picture and shows it; false when it did not come to that. */
  async open(file: Blob, name: string): Promise<boolean> {
    this.#opening++;
    const opened = await this.#wait(`${name} could not be opened.`, () => this.#open(file, name));
    this.#opening--;
    await this.show();
    return opened ?? false;
  }

  /** Shows the open picture under the settings as they are. */
  async show(): Promise<void> {
    const [photo, options] = [this.#photo, this.controls.options];
    if (!photo || this.#opening > 0) return; // what is being opened will be shown
    await this.#wait("This setting did not work.", async () => {
      const shown = await this.studio.show(options);
      if (photo === this.#photo && this.#opening === 0) this.#draw(photo, shown, options);
    });
  }

  /** Shows what the trained segmenter finds in the open picture. */
  async find(): Promise<void> {
    await this.#wait("The trained segmenter did not work.", async () => {
      const photo = this.#photo;
      const predicted = await this.studio.predict();
      if (photo !== this.#photo) return;
      this.#found.show(predicted);
      this.#modes.choose("trained");
      byId("workbench").scrollIntoView();
    });
  }

  /** To the mask so many places on, kept ones first; 0 lets go. */
  step(by: 1 | -1 | 0): void {
    this.#selection.hover(null);
    if (by === 0 || !this.#scene) return this.#selection.pin(null);
    const order = [...this.#scene.kept, ...this.#scene.dropped];
    const at = order.findIndex(({ id }) => id === this.#selection.pinned);
    const next = at < 0 && by === -1 ? order.length - 1 : (at + by + order.length) % order.length;
    this.#selection.pin(order[next]?.id ?? null);
  }

  async #open(file: Blob, name: string): Promise<boolean> {
    const mine = ++this.#asked;
    const reading = readPhoto(file, name);
    reading.catch(() => {}); // of a file that is no picture the studio says more
    await this.studio.open(file, name);
    const photo = await reading.catch(async (error) => {
      const shown = this.#photo; // and stays so
      if (shown) await this.studio.open(shown.file, shown.name);
      throw error;
    });
    if (mine !== this.#asked) {
      forgetPhoto(photo);
      return false;
    }
    if (this.#photo) forgetPhoto(this.#photo);
    [this.#photo, this.#scene, this.#colours] = [photo, null, new Map()];
    this.#stage.open(photo);
    this.#found.clear();
    if (this.#modes.chosen === "trained") this.#modes.choose("masks");
    byId("summary").textContent = "Looking for objects …";
    byId("times").textContent = "";
    byId("picture-name").textContent = `${name} · ${photo.width} × ${photo.height}`;
    return true;
  }

  #draw(photo: Photo, shown: Shown, options: StudioOptions): void {
    const pinned = this.#maskOf(this.#selection.pinned);
    this.#colours = assignColours(keptMasks(shown), this.#colours);
    const scene = this.#scene = makeScene(photo, shown, options, this.#colours);
    for (const view of this.#views) view.update(scene);
    const same = shown.record.masks
      .find(({ k, grid }) => k === pinned?.k && grid.counts === pinned.grid.counts);
    this.#selection.hover(null);
    this.#selection.pin(same?.id ?? null);
    for (const view of this.#views) view.highlight(same ?? null);
    tellResult(scene);
    enableExports();
    keepHash(toHash(options, this.studio.models()));
  }

  #light({ active, pinned }: Selection): void {
    const mask = this.#maskOf(active);
    for (const view of this.#views) view.highlight(mask);
    if (mask && pinned === active) announce(spoken(mask));
  }

  #maskOf(id: number | null): MaskRecord | null {
    return this.#scene?.shown.record.masks.find((mask) => mask.id === id) ?? null;
  }

  /** Does some work while the stage says so; an error becomes a banner. */
  async #wait<T>(failure: string, work: () => Promise<T>): Promise<T | null> {
    const tell = (by: 1 | -1) => {
      this.#waiting += by;
      byId("stage").toggleAttribute("data-busy", this.#waiting > 0);
      byId("stage").setAttribute("aria-busy", String(this.#waiting > 0));
    };
    tell(1);
    try {
      return await work();
    } catch (error) {
      sayError(failure, error);
      return null;
    } finally {
      tell(-1);
    }
  }
}
