/// <reference lib="dom" />
import { plural, significant } from "@fiedler/report";
import type { PictureRecord } from "@fiedler/pipeline";
import type { GridPicture, SnapshotFacts, Studio, StudioOptions } from "../studio.ts";
import { atRest } from "./at_rest.ts";
import { byId, svg, tinted } from "./dom.ts";
import { GridPanel, type PanelContent, rgbCells } from "./grid_panel.ts";
import { assignColours, type Colours, tintOf } from "./mask_colours.ts";
import { gridPath } from "./mask_shapes.ts";
import { keptMasks, type Scene, type View } from "./scene.ts";
import { steadyColours } from "./steady_colours.ts";
import { timeLabel } from "./words.ts";

/** Masks are looked for when the slider has not moved for so long. */
const REST_MS = 350;

/** What the view needs of the page. */
export interface SnapshotHost {
  readonly studio: Studio;
  options(): StudioOptions;
  /** Told which snapshot is looked at; null for none. */
  looksAt(snapshot: SnapshotFacts | null): void;
  fail(doing: string, error: unknown): void;
}

/** What snapshots see in the open picture: a slider over them, their keys, and their masks. */
export class SnapshotView implements View {
  readonly #slider = byId("learn-slider", HTMLInputElement);
  readonly #panels = {
    keys: new GridPanel("Keys of the snapshot in three colours", () => this.#keysContent()),
    masks: new GridPanel("Masks that the snapshot finds", () => this.#masksContent()),
    chosen: new GridPanel("Keys of the chosen network in three colours", chosenContent),
  };
  readonly #seekMasks = atRest(REST_MS, (id: number) => this.#askMasks(id));
  #scene: Scene | null = null;
  #snapshots: readonly SnapshotFacts[] = [];
  /** Which one is looked at; null for whichever is the newest. */
  #chosen: SnapshotFacts | null = null;
  /** Of the open picture at its size, by snapshot. */
  #known = { key: "", colours: new Map<number, GridPicture>() };
  #colours: { readonly id: number; readonly picture: GridPicture } | null = null;
  #masks: { readonly id: number; readonly record: PictureRecord } | null = null;
  #tints: Colours = new Map();
  /** Whether masks are looked for with the snapshot that is shown. */
  #seeks = true;
  /** Nothing is computed for panels that nobody sees. */
  #visible = false;

  constructor(private readonly host: SnapshotHost) {
    const { keys, masks, chosen } = this.#panels;
    const panels = byId("learn-panels");
    panels.append(keys.element, masks.element, chosen.element);
    this.#slider.addEventListener("input", () => {
      const at = this.#slider.valueAsNumber;
      this.#chosen = at === this.#snapshots.length - 1 ? null : this.#snapshots[at];
      this.#look(true);
    });
    new IntersectionObserver((entries) => {
      this.#visible = entries.at(-1)!.isIntersecting;
      if (this.#visible) this.#look(this.#seeks);
    }).observe(panels);
    this.#tell();
  }

  /** Which snapshot is looked at. */
  get shown(): SnapshotFacts | null {
    return this.#chosen ?? this.#snapshots.at(-1) ?? null;
  }

  /** Follows the picture and the settings. */
  update(scene: Scene): void {
    const { photo, options: { shortSide, proposals: { facet, layer } } } = scene;
    const key = [photo.large, shortSide, facet, layer].join(" ");
    if (key !== this.#known.key) {
      this.#known = { key, colours: new Map() };
      this.#colours = null;
    }
    this.#scene = scene;
    this.#masks = null;
    this.#panels.chosen.update(scene);
    this.#look(this.#seeks);
  }

  /** Masks of panels are not lit up. */
  highlight(): void {}

  /**
   * Takes the snapshots that there are. Where the newest one is looked at, the view goes on to it.
   *
   * @param seek Whether masks are looked for with it, too.
   */
  setSnapshots(snapshots: readonly SnapshotFacts[], seek: boolean): void {
    const before = this.shown;
    this.#snapshots = snapshots;
    const chosen = this.#chosen;
    if (chosen && !snapshots.some(({ id }) => id === chosen.id)) { // it was thinned out
      this.#chosen = snapshots.findLast(({ ms }) => ms <= chosen.ms) ?? null;
    }
    if (this.shown?.id === before?.id && this.#seeks === seek) return this.#tell();
    this.#look(seek);
  }

  /** Looks at the picture with the snapshot: at once at its keys, and at its masks when all rests. */
  #look(seek: boolean): void {
    this.#seeks = seek;
    this.#tell();
    const shown = this.shown;
    this.host.looksAt(shown);
    const known = shown && this.#known.colours.get(shown.id);
    if (known) this.#colours = { id: shown.id, picture: known };
    if (shown && this.#scene && this.#visible) {
      if (!known) void this.#askColours(shown.id);
      if (seek && this.#masks?.id !== shown.id) this.#seekMasks(shown.id);
    }
    this.#draw();
  }

  async #askColours(id: number): Promise<void> {
    const known = this.#known;
    await this.#ask(id, async () => {
      const colours = await this.host.studio.snapshotColours(id, this.host.options());
      if (known !== this.#known) return;
      const picture = steadyColours(colours, this.#colours && this.#colours.picture);
      known.colours.set(id, picture);
      if (id !== this.shown?.id) return;
      this.#colours = { id, picture };
      this.#draw();
    });
  }

  async #askMasks(id: number): Promise<void> {
    if (id !== this.shown?.id) return;
    const scene = this.#scene;
    await this.#ask(id, async () => {
      const record = await this.host.studio.snapshotMasks(id, this.host.options());
      if (id !== this.shown?.id || scene !== this.#scene) return;
      this.#masks = { id, record };
      this.#draw();
    });
  }

  /** Does what may come too late for a snapshot that was thinned out meanwhile. */
  async #ask(id: number, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const kept = this.#snapshots.some((one) => one.id === id);
      if (kept) this.host.fail("The snapshot could not be looked at.", error);
    }
  }

  #draw(): void {
    const scene = this.#scene;
    if (!scene) return;
    const { keys, masks } = this.#panels;
    const at = (record: Pick<PictureRecord, "grid" | "patch" | "resized">) => ({
      ...scene,
      shown: { ...scene.shown, record: { ...scene.shown.record, ...record } },
    });
    const { resized } = scene.shown.record;
    const patch = this.host.studio.models()[0].patch; // all snapshots are of the embedded kind
    const [rows, columns] = resized.map((side) => Math.floor(side / patch));
    const { picture } = this.#colours ?? { picture: { rows, columns } };
    const grid = [picture.rows, picture.columns] as const;
    keys.update(at({ grid, patch, resized }));
    masks.update(at(this.#masks?.record ?? { grid, patch, resized }));
  }

  #keysContent(): PanelContent {
    const shown = this.shown;
    if (!shown) return { caption: "Keys: as soon as something is learnt" };
    const found = this.#colours;
    const stale = found?.id !== shown.id;
    return {
      caption: `Keys ${momentWords(shown)}${stale ? " …" : ""}`,
      colours: found ? rgbCells(found.picture) : undefined,
    };
  }

  #masksContent(): PanelContent {
    if (!this.shown) return { caption: "Masks: as soon as something is learnt" };
    const found = this.#masks;
    const words = this.#seeks ? "when the slider rests" : "at the end, or for a moved slider";
    if (!found) return { caption: `Masks: ${words}` };
    const kept = keptMasks(found);
    const stale = found.id !== this.shown.id;
    this.#tints = assignColours(kept, this.#tints);
    const masks = kept.toSorted((a, b) => b.areaPatches - a.areaPatches).map(({ grid }) =>
      tinted(
        svg("path", { class: "mask", d: gridPath(grid) }),
        tintOf(this.#tints.get(grid.counts)!),
      )
    );
    return {
      caption: stale ? `Masks: ${words}` : `${plural(kept.length, "mask")} found with these keys`,
      marks: [svg("g", { class: stale ? "stale" : "" }, ...masks)],
    };
  }

  /** Where the slider stands, in words. */
  #tell(): void {
    const [slider, shown, last] = [this.#slider, this.shown, this.#snapshots.length - 1];
    const at = this.#snapshots.findIndex(({ id }) => id === shown?.id);
    const words = shown ? snapshotWords(shown) : "none yet";
    slider.max = String(Math.max(1, last));
    slider.value = String(Math.max(0, at));
    slider.disabled = last < 1;
    slider.style.setProperty("--share", String(Math.max(0, at) / Math.max(1, last)));
    slider.setAttribute("aria-valuetext", words);
    byId("learn-moment", HTMLOutputElement).value = words;
    for (const id of ["learn-use", "learn-save"]) byId(id, HTMLButtonElement).disabled = !shown;
  }
}

/** "step 12, after 35 s, loss 0.91". */
function snapshotWords({ step, ms, loss }: SnapshotFacts): string {
  if (step === 0) return "step 0, random numbers";
  const tail = loss === null ? "" : `, loss ${significant(loss)}`;
  return `step ${step}, after ${timeLabel(ms)}${tail}`;
}

const momentWords = ({ step, ms }: SnapshotFacts): string =>
  step === 0 ? "of random numbers" : `after ${timeLabel(ms)}`;

/** What all this is to be compared with. */
const chosenContent = ({ shown: { features, record } }: Scene): PanelContent => ({
  caption: `Keys of ${record.model.name}, the network chosen above`,
  colours: rgbCells(features),
});
