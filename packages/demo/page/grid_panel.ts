/// <reference lib="dom" />
import type { GridPicture } from "../studio.ts";
import { el, setAttributes, svg } from "./dom.ts";
import { gridPath } from "./mask_shapes.ts";
import type { Scene, View } from "./scene.ts";

/** The colour of a cell: three bytes. */
export type CellColour = (cell: number) => ArrayLike<number>;

/** What a panel shows of a scene; null when there is nothing to show. */
export interface PanelContent {
  /** Below it. */
  readonly caption: string;
  /** Of each cell of the grid; null to leave the photo as it is. */
  readonly colours: CellColour | null;
  /** For each cell the `id` of the mask that is picked there. */
  readonly owners?: Int32Array;
}

/** A panel: the photo, the grid of patches over it, and the outline of the mask looked at. */
export interface GridPanel extends View {
  readonly element: HTMLElement;
  /** Behind the outline, in front of the grid; in units of patches. */
  readonly extra: SVGGElement;
}

/**
 * A panel over the grid of patches.
 *
 * @param content What it shows of a scene.
 * @param pick Told which mask is pointed at, where `content` has owners.
 */
export function gridPanel(
  label: string,
  content: (scene: Scene) => PanelContent | null,
  pick?: { hover(id: number | null): void; toggle(id: number): void },
): GridPanel {
  const image = svg("image", { preserveAspectRatio: "none" });
  const photo = svg("svg", { "aria-hidden": "true" }, image);
  const canvas = el("canvas", { role: "img", "aria-label": label });
  const [extra, halo, line] = [
    svg("g"),
    svg("path", { class: "halo" }),
    svg("path", { class: "line" }),
  ];
  const marks = svg("svg", { class: "marks", "aria-hidden": "true" }, extra, halo, line);
  const frame = el("div", { class: "frame" }, photo, canvas, marks);
  const caption = el("figcaption");
  const element = el("figure", { class: "panel" }, frame, caption);
  let owners: Int32Array | undefined;
  const ownerAt = ({ clientX, clientY }: MouseEvent): number | null => {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((clientX - box.left) / box.width * canvas.width);
    const row = Math.floor((clientY - box.top) / box.height * canvas.height);
    const inside = column >= 0 && row >= 0 && column < canvas.width && row < canvas.height;
    const owner = inside ? owners?.[row * canvas.width + column] ?? -1 : -1;
    return owner < 0 ? null : owner;
  };
  if (pick) {
    frame.classList.add("picks");
    frame.addEventListener("pointermove", (event) => pick.hover(ownerAt(event)));
    frame.addEventListener("pointerleave", () => pick.hover(null));
    frame.addEventListener("click", (event) => {
      const owner = ownerAt(event);
      if (owner !== null) pick.toggle(owner);
    });
  }
  return {
    element,
    extra,
    update(scene) {
      const shown = content(scene);
      element.hidden = shown === null;
      if (!shown) return;
      owners = shown.owners;
      caption.textContent = shown.caption;
      const { grid: [rows, columns], resized, patch } = scene.shown.record;
      frame.style.setProperty("aspect-ratio", `${columns} / ${rows}`);
      for (const layer of [photo, marks]) {
        setAttributes(layer, { viewBox: `0 0 ${columns} ${rows}` });
      }
      const [height, width] = resized.map((side) => side / patch);
      setAttributes(image, { href: scene.photo.small, width, height });
      canvas.hidden = shown.colours === null;
      if (shown.colours) paint(canvas, { rows, columns }, shown.colours);
    },
    highlight(mask) {
      const d = mask ? gridPath(mask.grid) : "";
      for (const path of [halo, line]) setAttributes(path, { d });
    },
  };
}

function paint(
  canvas: HTMLCanvasElement,
  { rows, columns }: { rows: number; columns: number },
  colours: CellColour,
): void {
  if (canvas.width !== columns || canvas.height !== rows) {
    [canvas.width, canvas.height] = [columns, rows];
  }
  const pixels = new ImageData(columns, rows);
  for (let cell = 0; cell < rows * columns; cell++) {
    pixels.data.set(colours(cell), cell * 4);
    pixels.data[cell * 4 + 3] = 255;
  }
  canvas.getContext("2d")!.putImageData(pixels, 0, 0);
}

/** The colour of one cell of a picture of RGB. */
export const rgbCells = ({ data }: GridPicture): CellColour => (cell) =>
  data.subarray(cell * 3, cell * 3 + 3);
