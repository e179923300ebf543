/// <reference lib="dom" />
import { rleBox, rleFromString } from "@fiedler/coco";
import type { MaskRecord } from "@fiedler/report";
import { el, setAttributes, svg, tinted } from "./dom.ts";
import { gridPath } from "./mask_shapes.ts";
import type { Scene } from "./scene.ts";

/** A small picture of a mask: the photo, dark outside of it. Kept ones are shown from near. */
export function maskPicture({ grid, id, dropped }: MaskRecord, scene: Scene): SVGSVGElement {
  const { resized, patch } = scene.shown.record;
  const [rows, columns] = grid.size;
  const [height, width] = resized.map((side) => side / patch);
  const d = gridPath(grid);
  const out = svg(
    "svg",
    { class: "thumbnail", viewBox: dropped ? viewBox(0, 0, columns, rows) : near(grid) },
    svg("image", { href: scene.photo.small, width, height, preserveAspectRatio: "none" }),
    svg("path", { class: "veil", "fill-rule": "evenodd", d: `M-99-99H999V999H-99z${d}` }),
    svg("path", { class: "edge", d }),
  );
  out.setAttribute("aria-hidden", "true");
  out.style.setProperty("aspect-ratio", String(columns / rows));
  return tinted(out, scene.tints.get(id) ?? "#fff");
}

/** The part of the grid around a mask, of the shape of the whole. */
function near({ size: [rows, columns], counts }: MaskRecord["grid"]): string {
  const [x, y, width, height] = rleBox(rleFromString(counts), rows);
  const share = Math.min(1, Math.max(width / columns, height / rows) * 1.25 + 0.05);
  const [across, down] = [columns * share, rows * share];
  const inside = (start: number, size: number, room: number) =>
    Math.min(Math.max(0, start - size / 2), room - size);
  const left = inside(x + width / 2, across, columns);
  const top = inside(y + height / 2, down, rows);
  return viewBox(left, top, across, down);
}

const viewBox = (...numbers: number[]): string => numbers.map((n) => +n.toFixed(3)).join(" ");

/** A thumbnail that can be pointed at and pinned. */
export function maskButton(
  mask: MaskRecord,
  scene: Scene,
  { label, words }: { readonly label: string; readonly words: string },
): HTMLButtonElement {
  const button = el(
    "button",
    { type: "button", class: "mask-button", "data-mask": mask.id, "aria-pressed": "false" },
    maskPicture(mask, scene),
    el("span", {}, words),
  );
  setAttributes(button, { "aria-label": label, title: label });
  return tinted(button, scene.tints.get(mask.id) ?? "var(--quiet)");
}
