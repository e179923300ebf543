/// <reference lib="dom" />
import type { MaskRecord } from "@fiedler/report";
import type { GridPicture } from "../studio.ts";
import { el, setAttributes, svg } from "./dom.ts";
import { gridPath } from "./mask_shapes.ts";
import type { Scene, View } from "./scene.ts";
import type { Selection } from "./selection.ts";

/** The colour of a cell: three bytes. */
export type CellColour = (cell: number) => ArrayLike<number>;

/** What a panel shows of a scene. */
export interface PanelContent {
  /** Below it. */
  readonly caption: string;
  /** Of each cell of the grid; the photo stays as it is without. */
  readonly colours?: CellColour;
  /** Drawn over the cells, in units of patches. */
  readonly marks?: readonly SVGElement[];
  /** For each cell the `id` of the mask that is picked there; −1 for none. */
  readonly owners?: Int32Array;
}

/** A panel: the photo, the grid of patches over it, and the outline of the mask looked at. */
export class GridPanel implements View {
  readonly element: HTMLElement;
  readonly #image = svg("image", { preserveAspectRatio: "none" });
  readonly #photo = svg("svg", { "aria-hidden": "true" }, this.#image);
  readonly #canvas: HTMLCanvasElement;
  readonly #extra = svg("g");
  readonly #outline = ["halo", "line"].map((name) => svg("path", { class: name }));
  readonly #marks = svg("svg", { class: "marks", "aria-hidden": "true" });
  readonly #frame: HTMLElement;
  readonly #caption = el("figcaption");
  #owners: Int32Array | undefined;

  /**
   * @param label What it shows, for those who do not see it.
   * @param content What it shows of a scene; null when there is nothing to show.
   * @param selection Follows the pointer, where `content` has owners.
   */
  constructor(
    label: string,
    private readonly content: (scene: Scene) => PanelContent | null,
    selection?: Selection,
  ) {
    this.#canvas = el("canvas", { role: "img", "aria-label": label });
    this.#marks.append(this.#extra, ...this.#outline);
    this.#frame = el("div", { class: "frame" }, this.#photo, this.#canvas, this.#marks);
    this.element = el("figure", { class: "panel" }, this.#frame, this.#caption);
    if (selection) this.#follow(selection);
  }

  update(scene: Scene): void {
    const shown = this.content(scene);
    this.element.hidden = shown === null;
    if (!shown) return;
    const { grid: [rows, columns], resized, patch } = scene.shown.record;
    const [height, width] = resized.map((side) => side / patch);
    this.#owners = shown.owners;
    this.#caption.textContent = shown.caption;
    this.#frame.style.setProperty("aspect-ratio", `${columns} / ${rows}`);
    for (const layer of [this.#photo, this.#marks]) {
      setAttributes(layer, { viewBox: `0 0 ${columns} ${rows}` });
    }
    setAttributes(this.#image, { href: scene.photo.small, width, height });
    this.#extra.replaceChildren(...shown.marks ?? []);
    this.#canvas.hidden = !shown.colours;
    if (shown.colours) paint(this.#canvas, { rows, columns }, shown.colours);
  }

  highlight(mask: MaskRecord | null): void {
    for (const path of this.#outline) setAttributes(path, { d: mask ? gridPath(mask.grid) : "" });
  }

  #follow(selection: Selection): void {
    this.#frame.classList.add("picks");
    this.#frame.addEventListener("pointermove", (event) => selection.hover(this.#ownerAt(event)));
    this.#frame.addEventListener("pointerleave", () => selection.hover(null));
    this.#frame.addEventListener("click", (event) => {
      const owner = this.#ownerAt(event);
      if (owner !== null) selection.toggle(owner);
    });
  }

  #ownerAt({ clientX, clientY }: MouseEvent): number | null {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    const { width: columns, height: rows } = this.#canvas;
    const column = Math.floor((clientX - left) / width * columns);
    const row = Math.floor((clientY - top) / height * rows);
    if (column < 0 || row < 0 || column >= columns || row >= rows) return null;
    const owner = this.#owners?.[row * columns + column] ?? -1;
    return owner < 0 ? null : owner;
  }
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
