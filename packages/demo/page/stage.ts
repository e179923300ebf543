/// <reference lib="dom" />
import { type MaskRecord, plural } from "@fiedler/report";
import { byId, setAttributes, svg, tinted } from "./dom.ts";
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
export interface Stage extends View {
  /** Shows a picture that nothing is known of yet. */
  open(photo: Photo): void;
  /** Shows masks in another way. */
  setMode(mode: StageMode): void;
  /** What mode `trained` shows. */
  setFound(found: readonly Found[]): void;
}

/** The stage of the page. */
export function makeStage(selection: Selection): Stage {
  const stage = byId("stage");
  const image = svg("image", { preserveAspectRatio: "none" });
  const clip = svg("clipPath", { id: "kept-masks" });
  const veil = svg("rect", { class: "veil", width: "100%", height: "100%" });
  const lit = svg("image", { preserveAspectRatio: "none", "clip-path": "url(#kept-masks)" });
  const spotlight = svg("g", { class: "spotlight" }, clip, veil, lit);
  const [masks, found, ghost] = [
    svg("g", { class: "masks" }),
    svg("g", { class: "masks trained" }),
    svg("path", { class: "ghost" }),
  ];
  const root = svg("svg", { "aria-hidden": "true" }, image, spotlight, masks, found, ghost);
  const paths = new Map<number, SVGPathElement>();
  let scene: Scene | null = null;

  const maskAt = (event: Event): number | null => {
    const id = (event.target as Element).closest<SVGElement>("[data-mask]")?.dataset.mask;
    return id === undefined ? null : Number(id);
  };
  root.addEventListener("pointerover", (event) => selection.hover(maskAt(event)));
  root.addEventListener("pointerleave", () => selection.hover(null));
  root.addEventListener("click", (event) => {
    const id = maskAt(event);
    if (id === null) selection.pin(null);
    else selection.toggle(id);
  });

  return {
    open(photo) {
      scene = null;
      for (const part of [masks, found, clip]) part.replaceChildren();
      paths.clear();
      setAttributes(ghost, { d: "" });
      setAttributes(root, { viewBox: `0 0 ${photo.width} ${photo.height}` });
      for (const copy of [image, lit]) {
        setAttributes(copy, { href: photo.large, width: photo.width, height: photo.height });
      }
      stage.style.setProperty("--ratio", String(photo.width / photo.height));
      if (!root.isConnected) stage.replaceChildren(root);
      stage.setAttribute("aria-label", photo.name);
    },
    update(next) {
      scene = next;
      paths.clear();
      for (const mask of [...next.kept].sort((a, b) => b.areaPatches - a.areaPatches)) {
        paths.set(mask.id, maskPath(mask, next.tints.get(mask.id)!)); // the smallest on top
      }
      masks.replaceChildren(...paths.values());
      clip.replaceChildren(
        ...next.kept.map(({ segmentation }) => svg("path", attributesOf(segmentation!))),
      );
      const name = next.photo.name;
      stage.setAttribute("aria-label", `${name} with ${plural(next.kept.length, "mask")}`);
    },
    highlight(mask) {
      masks.classList.toggle("choosing", mask !== null);
      for (const [id, path] of paths) path.classList.toggle("active", id === mask?.id);
      const rival = mask?.dropped?.rule === "nms" ? mask.dropped.rival : null;
      if (rival !== null) paths.get(rival)?.classList.add("active");
      const isGhost = mask !== null && mask.dropped !== null && scene !== null;
      setAttributes(ghost, isGhost ? gridShape(mask, scene!) : { d: "" });
    },
    setMode: (mode) => stage.dataset.mode = mode,
    setFound(objects) {
      found.replaceChildren(...objects.map(({ segmentation, tint, words }) => {
        const title = svg("title");
        title.textContent = words;
        return tinted(svg("path", { ...attributesOf(segmentation), class: "mask" }, title), tint);
      }));
    },
  };
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
