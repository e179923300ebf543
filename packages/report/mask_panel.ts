import { decodeRle, rleFromSegmentation } from "@fiedler/coco";
import type { CocoRle, Rle } from "@fiedler/coco";
import { contour } from "./contour.ts";
import { html, type Markup } from "./html.ts";

/** Longest side that outlines are followed at; larger masks are drawn from every second pixel, … */
const LONGEST = 512;

/** A mask to draw over a picture. */
export interface PanelMask {
  readonly mask: CocoRle;
  /** `#rrggbb`; null for one that is to recede. */
  readonly tint: string | null;
  /** Shown when it is pointed at. */
  readonly words: string;
  /** Masks of one class light up together. */
  readonly className: string;
}

/**
 * Masks over a picture that {@linkcode definitions} or the like defined.
 *
 * @param photo Id of the picture.
 * @param extent `[height, width]` of it, in its own units.
 */
export function maskPanel(
  photo: string,
  [height, width]: readonly [number, number],
  masks: readonly PanelMask[],
  { label, fit = "meet", outlined = false }: {
    readonly label: string;
    readonly fit?: "meet" | "slice";
    /** Without fill, so that the picture is seen. */
    readonly outlined?: boolean;
  },
): Markup {
  const shapes = masks.map(({ mask, tint, words, className }) => {
    const { path, rows, columns } = outline(mask);
    const scale = `scale(${unit(width / columns)} ${unit(height / rows)})`;
    const style = tint !== null && html`style="--tint:${tint}"`;
    return html`
      <g class="mask ${className} ${tint === null ? "astray" : ""}" ${style}>
        <title>${words}</title>
        <path transform="${scale}" vector-effect="non-scaling-stroke" d="${path}" />
      </g>
    `;
  });
  return html`
    <svg class="photo ${outlined ? "outlined" : ""}" viewBox="0 0 ${unit(width)} ${unit(height)}"
      preserveAspectRatio="xMidYMid ${fit}" role="img" aria-label="${label}">
      <use href="#${photo}" />
      <g class="masks">${shapes}</g>
    </svg>
  `;
}

/** Run lengths of either form. */
export function rleOf(mask: CocoRle): Rle {
  const [height, width] = mask.size;
  return rleFromSegmentation(mask, height, width);
}

/** The outline of a mask on at most {@linkcode LONGEST} pixels a side. */
function outline(mask: CocoRle): { path: string; rows: number; columns: number } {
  const [height, width] = mask.size;
  const pixels = decodeRle(rleOf(mask).counts, height, width);
  const step = Math.ceil(Math.max(height, width) / LONGEST);
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  if (step === 1) return { path: contour(pixels, rows, columns), rows, columns };
  const coarse = Uint8Array.from({ length: rows * columns }, (_, i) => {
    return pixels[Math.floor(i / columns) * step * width + (i % columns) * step];
  });
  return { path: contour(coarse, rows, columns), rows: height / step, columns: width / step };
}

/** A length, to a hundred-thousandth. */
const unit = (value: number): string => String(Number(value.toFixed(5)));
