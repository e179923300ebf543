/**
 * The drawings of one picture, as SVG in units of patches.
 *
 * The photo, each mask and each panel are defined once per card, in {@linkcode definitions}; every
 * drawing refers to them, so that a photo costs its JPEG once however often it is shown.
 *
 * @module
 */

import { decodeRle, rleBox, rleFromString } from "@fiedler/coco";
import { encodePng } from "@fiedler/io";
import type { MaskRecord, PanelRecord, PictureRecord } from "@fiedler/pipeline";
import { alignColours } from "./align.ts";
import { fromBase64, isBase64, toBase64 } from "./base64.ts";
import { CLUSTER_COLOURS, cyclic, DIVERGING, hex, MASK_COLOURS, type Rgb } from "./colour.ts";
import { contour } from "./contour.ts";
import { html, type Markup } from "./html.ts";
import type { ReportPicture } from "./input.ts";

/** A picture made ready for drawing. */
export interface Drawing {
  /** Prefix of its element ids, unique on the page: `p1`, `p2`, … */
  readonly key: string;
  readonly record: PictureRecord;
  readonly panel: PanelRecord | null;
  /** `[height, width]` of the photo in patches, fractions included. */
  readonly extent: readonly [number, number];
  /** Kept masks, best first: mask i has colour i. */
  readonly kept: readonly MaskRecord[];
}

/** Prepares picture number `place`, from 1. */
export function drawing({ record, panel }: ReportPicture, place: number): Drawing {
  const kept = record.masks
    .filter((mask) => mask.dropped === null)
    .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
  const [height, width] = record.resized;
  const extent = [height / record.patch, width / record.patch] as const;
  return { key: `p${place}`, record, panel, extent, kept };
}

/**
 * Everything that the drawings of a picture refer to.
 *
 * To stand outside the card: what a card out of sight skips (`content-visibility`) cannot clip.
 */
export function definitions({ key, record, panel, extent, kept }: Drawing): Markup {
  const [height, width] = extent;
  const frame = html`id="${key}-photo" width="${width}" height="${height}"`;
  if (panel && !isBase64(panel.thumbnail)) {
    throw new RangeError(`renderReport: thumbnail of ${record.image} must be base64`);
  }
  const photo = panel
    ? html`
      <image ${frame} preserveAspectRatio="none" href="data:image/jpeg;base64,${panel.thumbnail}" />
    `
    : html`<rect ${frame} class="no-photo" />`;
  const masks = kept.map(({ id, grid }) =>
    html`
      <path id="${key}-m${id}" vector-effect="non-scaling-stroke" d="${gridPath(grid)}" />
      <clipPath id="${key}-c${id}">
        <use href="#${key}-m${id}" />
      </clipPath>
    `
  );
  const all = html`<clipPath id="${key}-all">${
    kept.map(({ id }) =>
      html`
        <use href="#${key}-m${id}" />
      `
    )
  }</clipPath>`;
  const salient = record.saliency &&
    html`
      <path id="${key}-salient" vector-effect="non-scaling-stroke" d="${gridPath(
        record.saliency.grid,
      )}" />
      <clipPath id="${key}-sc">
        <use href="#${key}-salient" />
      </clipPath>
    `;
  return html`
    <svg class="definitions" aria-hidden="true" width="0" height="0">
      <defs>
    ${photo}
    ${masks}${all}${salient}
      </defs>
    </svg>
  `;
}

/** The photo under its masks; each mask is a link to its cut-out. */
export function overlaid(it: Drawing, { links = true } = {}): Markup {
  const { key, extent, kept } = it;
  const label = `${it.record.image} with ${kept.length} masks drawn over it`;
  const bySize = kept.map((mask, i) => ({ mask, i }))
    .sort((a, b) => b.mask.areaPatches - a.mask.areaPatches); // the smallest on top
  const shapes = bySize.map(({ mask, i }) => {
    const shape = html`
      <use href="#${key}-m${mask.id}" />
    `;
    const attributes = html`class="mask i${i}" style="--tint:${maskTint(i)}"`;
    return links
      ? html`
        <a ${attributes} href="#${key}-cut${mask.id}"
          aria-label="mask ${mask.id}"><title>mask ${mask.id} (k = ${mask.k})</title>${shape}</a>
      `
      : html`<g ${attributes}>${shape}</g>`;
  });
  const frame = viewBox(0, 0, extent[1], extent[0], links ? "meet" : "slice");
  return html`
    <svg class="photo" ${frame} role="${links ? "group" : "img"}" aria-label="${label}">
      <use href="#${key}-photo" />
      <g class="spotlight">
        <rect class="veil" width="${extent[1]}" height="${extent[0]}" />
        <use href="#${key}-photo" clip-path="url(#${key}-all)" />
      </g>
      <g class="masks">${shapes}</g>
    </svg>
  `;
}

/** The photo alone, with the patch grid over it when asked. */
export function photo({ key, record, extent }: Drawing, { grid = false } = {}): Markup {
  const [rows, columns] = record.grid;
  const lines = [
    ...Array.from({ length: rows + 1 }, (_, y) => `M0 ${y}h${columns}`),
    ...Array.from({ length: columns + 1 }, (_, x) => `M${x} 0v${rows}`),
  ].join("");
  const label = record.image + (grid ? ` under a grid of ${rows} × ${columns} patches` : "");
  return html`
    <svg class="photo" ${viewBox(0, 0, extent[1], extent[0])} role="img"
      aria-label="${label}"><use href="#${key}-photo"/>${grid && html`
        <path class="grid" d="${lines}" />
      `}</svg>
  `;
}

/** The photo with all but the salient region dimmed. */
export function salient({ key, record, extent }: Drawing): Markup {
  const [height, width] = extent;
  return html`
    <svg class="photo" ${viewBox(0, 0, width, height)} role="img"
      aria-label="${record.image}, all but the salient region dimmed">
      <use href="#${key}-photo" />
      <rect class="veil" width="${width}" height="${height}" />
      <use href="#${key}-photo" clip-path="url(#${key}-sc)" />
      <use class="edge" href="#${key}-salient" />
    </svg>
  `;
}

/** One mask cut out: the photo near it, with all else dimmed. */
export function cutOut({ key, extent }: Drawing, mask: MaskRecord): Markup {
  const [x, y, width, height] = rleBox(rleFromString(mask.grid.counts), mask.grid.size[0]);
  const margin = Math.max(0.75, 0.08 * Math.max(width, height));
  const [left, top] = [Math.max(0, x - margin), Math.max(0, y - margin)];
  const right = Math.min(extent[1], x + width + margin);
  const bottom = Math.min(extent[0], y + height + margin);
  const frame = viewBox(left, top, right - left, bottom - top, "meet");
  return html`
    <svg class="cut" ${frame} role="img" aria-label="cut-out of mask ${mask.id}">
      <use href="#${key}-photo" />
      <rect class="veil" width="${extent[1]}" height="${extent[0]}" />
      <use href="#${key}-photo" clip-path="url(#${key}-c${mask.id})" />
      <use class="edge" href="#${key}-m${mask.id}" />
    </svg>
  `;
}

/** A dropped mask, on the grid alone. */
export function gridThumbnail({ id, grid }: MaskRecord): Markup {
  const [rows, columns] = grid.size;
  const frame = viewBox(0, 0, columns, rows, "meet");
  return html`
    <svg class="grid-mask" ${frame} role="img" aria-label="patches of mask ${id}">
      <path d="${gridPath(grid)}" />
    </svg>
  `;
}

/** An eigenvector in diverging colours over the photo, which shows when pointed at. */
export function eigenvectorPanel(it: Drawing, text: string, label: string): Markup {
  return gridPanel(it, gridBytes(it, text, label), DIVERGING, label);
}

/** Cluster labels over the photo, for each k; a segment that stays keeps its colour. */
export function clusterPanels(it: Drawing): readonly { k: number; drawing: Markup }[] {
  const clusterings = (it.panel?.labels ?? [])
    .map(({ k, labels }) => ({ k, labels: gridBytes(it, labels, `${k} clusters`) }));
  const colours = alignColours(clusterings.map(({ labels }) => labels));
  return clusterings.map(({ k, labels }, i) => {
    const palette = colours[i].map((colour) => cyclic(CLUSTER_COLOURS, colour));
    return { k, drawing: gridPanel(it, labels, palette, `${k} clusters`) };
  });
}

/** Three eigenvectors as red, green and blue: patches that are alike get like colours. */
export function likenessPanel(it: Drawing): Markup {
  const label = "patches coloured by likeness";
  const channels = (it.panel?.eigenvectors ?? []).slice(0, 3)
    .map((text) => gridBytes(it, text, label));
  const levels = 6; // a 6 × 6 × 6 cube fits a palette
  const palette: Rgb[] = Array.from({ length: levels ** 3 }, (_, i) => {
    const level = (place: number) => 40 + 200 * (Math.floor(i / levels ** place) % levels) / 5;
    return [level(2), level(1), level(0)];
  });
  const [rows, columns] = it.record.grid;
  const step = (channel: Uint8Array | undefined, i: number) =>
    Math.round((channel?.[i] ?? 128) / 255 * (levels - 1));
  const indices = Uint8Array.from(
    { length: rows * columns },
    (_, i) => [0, 1, 2].reduce((index, channel) => index * levels + step(channels[channel], i), 0),
  );
  return gridPanel(it, indices, palette, label);
}

/** The colour of kept mask i. */
export function maskTint(index: number): string {
  return hex(cyclic(MASK_COLOURS, index));
}

function gridPanel(
  { key, record }: Drawing,
  indices: Uint8Array,
  palette: readonly Rgb[],
  label: string,
): Markup {
  const [rows, columns] = record.grid;
  const colours = Uint8Array.from(palette.flat());
  const png = toBase64(
    encodePng({ width: columns, height: rows, data: indices, palette: colours }),
  );
  return html`
    <svg class="panel" ${viewBox(0, 0, columns, rows)} role="img" aria-label="${label} of ${record
      .image}">
      <use href="#${key}-photo" />
      <image class="map" width="${columns}" height="${rows}" preserveAspectRatio="none"
        href="data:image/png;base64,${png}" />
    </svg>
  `;
}

/** The bytes of a panel, one a patch. */
function gridBytes({ record }: Drawing, text: string, label: string): Uint8Array {
  const [rows, columns] = record.grid;
  const bytes = fromBase64(text, `renderReport: ${label} of ${record.image}`);
  if (bytes.length === rows * columns) return bytes;
  throw new RangeError(
    `renderReport: ${label} of ${record.image} must be [${rows}, ${columns}], got ${bytes.length}`,
  );
}

function gridPath({ size: [rows, columns], counts }: MaskRecord["grid"]): string {
  return contour(decodeRle(rleFromString(counts), rows, columns), rows, columns);
}

/** `fit`: "slice" fills its place and may lose borders, "meet" shows all. */
function viewBox(
  x: number,
  y: number,
  width: number,
  height: number,
  fit: "slice" | "meet" = "slice",
): Markup {
  const text = [x, y, width, height].map((value) => Number(value.toFixed(3))).join(" ");
  return html`viewBox="${text}" preserveAspectRatio="xMidYMid ${fit}"`;
}
