/// <reference lib="dom" />
import { type MaskRecord, plural } from "@fiedler/report";
import { byId, setAttributes, svg, tinted } from "./dom.ts";
import { followMasks, maskAt } from "./mask_pointer.ts";
import { gridPath, maskShape, type RleMask } from "./mask_shapes.ts";
import type { Photo } from "./photo.ts";
import type { Scene, View } from "./scene.ts";
import type { Selection } from "./selection.ts";

/** An object that the trained segmenter found. */
export interface Found {
  readonly segmentation: RleMask;
  readonly tint: string;
  /** Shown when it is pointed at. */
  readonly words: string;
}

/** How masks are drawn over the picture. */
export type StageMode = "masks" | "outlines" | "spotlight" | "photo" | "trained";

/** The large picture with its masks. */
export class Stage implements View {
  readonly #stage = byId("stage");
  readonly #image = svg("image", { preserveAspectRatio: "none" });
  readonly #lit = svg("image", { preserveAspectRatio: "none", "clip-path": "url(#kept-masks)" });
  readonly #clip = svg("clipPath", { id: "kept-masks" });
  readonly #masks = svg("g", { class: "masks" });
  readonly #found = svg("g", { class: "masks trained" });
  readonly #ghost = svg("path", { class: "ghost" });
  readonly #root: SVGSVGElement;
  /** Kept masks by `id`. */
  readonly #paths = new Map<number, SVGPathElement>();
  #scene: Scene | null = null;

  constructor(selection: Selection) {
    const veil = svg("rect", { class: "veil", width: "100%", height: "100%" });
    const spotlight = svg("g", { class: "spotlight" }, this.#clip, veil, this.#lit);
    const layers = [this.#image, spotlight, this.#masks, this.#found, this.#ghost];
    this.#root = svg("svg", { "aria-hidden": "true" }, ...layers);
    followMasks(this.#root, selection);
    this.#root.addEventListener("click", (event) => {
      if (maskAt(event) === null) selection.pin(null);
    });
  }

  /** Shows a picture that nothing is known of yet. */
  open({ name, width, height, large }: Photo): void {
    this.#scene = null;
    this.#paths.clear();
    for (const part of [this.#masks, this.#found, this.#clip]) part.replaceChildren();
    setAttributes(this.#ghost, { d: "" });
    setAttributes(this.#root, { viewBox: `0 0 ${width} ${height}` });
    for (const copy of [this.#image, this.#lit]) {
      setAttributes(copy, { href: large, width, height });
    }
    this.#stage.style.setProperty("--ratio", String(width / height));
    if (!this.#root.isConnected) this.#stage.replaceChildren(this.#root);
    this.#stage.setAttribute("aria-label", name);
  }

  update(scene: Scene): void {
    const { kept, tints, photo } = scene;
    this.#scene = scene;
    this.#paths.clear();
    for (const mask of kept.toSorted((a, b) => b.areaPatches - a.areaPatches)) {
      this.#paths.set(mask.id, maskPath(mask, tints.get(mask.id)!)); // the smallest on top
    }
    this.#masks.replaceChildren(...this.#paths.values());
    this.#clip.replaceChildren(
      ...kept.map(({ segmentation }) => svg("path", attributesOf(segmentation!))),
    );
    this.#stage.setAttribute("aria-label", `${photo.name} with ${plural(kept.length, "mask")}`);
  }

  highlight(mask: MaskRecord | null): void {
    const rival = mask?.dropped?.rule === "nms" ? mask.dropped.rival : null;
    this.#masks.classList.toggle("choosing", mask !== null);
    for (const [id, path] of this.#paths) {
      path.classList.toggle("active", id === mask?.id || id === rival);
    }
    const isGhost = mask !== null && mask.dropped !== null && this.#scene !== null;
    setAttributes(this.#ghost, isGhost ? gridShape(mask, this.#scene!) : { d: "" });
  }

  /** Shows masks in another way. */
  setMode(mode: StageMode): void {
    this.#stage.dataset.mode = mode;
  }

  /** What mode `trained` shows. */
  setFound(objects: readonly Found[]): void {
    this.#found.replaceChildren(...objects.map(({ segmentation, tint, words }) => {
      const title = svg("title");
      title.textContent = words;
      return tinted(svg("path", { ...attributesOf(segmentation), class: "mask" }, title), tint);
    }));
  }
}

function maskPath(mask: MaskRecord, tint: string): SVGPathElement {
  const attributes = { ...attributesOf(mask.segmentation!), class: "mask", "data-mask": mask.id };
  return tinted(svg("path", attributes), tint);
}

function attributesOf(mask: RleMask): { d: string; transform: string } {
  const { path, step } = maskShape(mask);
  return { d: path, transform: `scale(${step})` };
}

/** A dropped mask has no outline at picture size: its patches are drawn. */
function gridShape({ grid }: MaskRecord, { shown: { record } }: Scene) {
  const [height, width] = record.size.map((side, i) => side * record.patch / record.resized[i]);
  return { d: gridPath(grid), transform: `scale(${width} ${height})` };
}
