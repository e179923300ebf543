/**
 * The panels of the steps from patches to saliency: each follows from the scene alone.
 *
 * @module
 */
/// <reference lib="dom" />
import {
  alignColours,
  CLUSTER_COLOURS,
  cyclic,
  DIVERGING,
  MASK_COLOURS,
  percent,
  plural,
} from "@fiedler/report";
import type { GridPicture } from "../studio.ts";
import { byId, svg } from "./dom.ts";
import { type CellColour, GridPanel, type PanelContent, rgbCells } from "./grid_panel.ts";
import { linkPaths } from "./link_lines.ts";
import { gridPath } from "./mask_shapes.ts";
import type { Scene, View } from "./scene.ts";
import type { Selection } from "./selection.ts";

/** Most panels of a step: the largest k uses as many eigenvectors, but for the constant first. */
const MOST_PANELS = 7;
/** How dark the colours of keys lie below the links. */
const DIMMED = 0.28;

/** What a panel shows of a scene. */
type Content = (scene: Scene) => PanelContent | null;

/** All panels of the page as one view. */
export function stepPanels(selection: Selection): View {
  const all = [
    ...panels("step-patches", "The photo in patches", [patches]),
    ...panels("step-keys", "Keys in three colours", [features]),
    ...panels("step-graph", "Links between neighbouring patches", [links]),
    ...panels("step-eigenvectors", "Eigenvector", each(eigenvector)),
    ...panels("step-clusters", "Clusters", each(clusters), selection),
    ...panels("step-pieces", "Pieces", each(pieces), selection),
    ...panels("step-saliency", "Saliency", [saliencyCut, salientRegion]),
  ];
  return {
    update: (scene) => all.forEach((panel) => panel.update(scene)),
    highlight: (mask) => all.forEach((panel) => panel.highlight(mask)),
  };
}

function panels(
  step: string,
  label: string,
  contents: readonly Content[],
  selection?: Selection,
): readonly GridPanel[] {
  const made = contents.map((content) => new GridPanel(label, content, selection));
  byId(step).querySelector(".panels")!.append(...made.map(({ element }) => element));
  return made;
}

/** The contents of as many panels as a scene may need. */
const each = (content: (index: number) => Content): readonly Content[] =>
  Array.from({ length: MOST_PANELS }, (_, index) => content(index));

const patches: Content = ({ shown: { record: { grid: [rows, columns], patch } } }) => {
  const d = [
    ...Array.from({ length: rows - 1 }, (_, y) => `M0 ${y + 1}h${columns}`),
    ...Array.from({ length: columns - 1 }, (_, x) => `M${x + 1} 0v${rows}`),
  ].join("");
  return {
    caption: `${columns} × ${rows} patches of ${patch} pixels`,
    marks: [svg("path", { class: "grid", d })],
  };
};

const features: Content = ({ shown: { features, record } }) => ({
  caption: `Keys of ${record.model.name}`,
  colours: rgbCells(features),
});

const links: Content = ({ shown: { features } }) => ({
  caption: `${plural(features.rows * features.columns, "patch", "patches")}, every pair linked`,
  colours: (cell) => Array.from(rgbCells(features)(cell), (channel) => channel * DIMMED),
  marks: linkPaths(features).map(({ d, width }) =>
    svg("path", { class: "link", d, "stroke-width": width })
  ),
});

const diverging = ({ data }: GridPicture): CellColour => (cell) => DIVERGING[data[cell]];

const eigenvector = (index: number): Content => ({ shown }) => {
  const vector = shown.eigenvectors[index];
  const used = Math.max(...shown.clusters.map(({ k }) => k)) - 1;
  if (!vector || index >= used) return null;
  const value = shown.record.eigen.values[index + 1];
  const name = index === 0 ? "Fiedler vector" : `Eigenvector ${index + 2}`;
  return {
    caption: name + (value === undefined ? "" : ` · λ ${value.toFixed(3)}`),
    colours: diverging(vector),
  };
};

const clusters = (index: number): Content => ({ shown, pieces }) => {
  const { clusters } = shown;
  if (!clusters[index]) return null;
  const { k, labels: { data } } = clusters[index];
  const colours = alignColours(clusters.map(({ labels }) => labels.data))[index];
  return {
    caption: `k = ${k}`,
    colours: (cell) => cyclic(CLUSTER_COLOURS, colours[data[cell]]),
    owners: pieces.get(k),
  };
};

const pieces = (index: number): Content => ({ shown: { clusters, record }, pieces }) => {
  const owners = clusters[index] && pieces.get(clusters[index].k);
  if (!owners) return null;
  const { k } = clusters[index];
  const own = record.masks.filter((mask) => mask.k === k);
  const places = new Map(own.map(({ id }, i) => [id, i]));
  return {
    caption: `k = ${k}: ${plural(own.length, "piece")}`,
    colours: (cell) => cyclic(MASK_COLOURS, places.get(owners[cell])!),
    owners,
  };
};

const saliencyCut: Content = ({ shown: { saliencyEigenvectors: [vector], record } }) =>
  vector && record.saliencyModel
    ? {
      caption: `Fiedler vector of ${record.saliencyModel.name}`,
      colours: diverging(vector),
    }
    : null;

const salientRegion: Content = ({ shown: { record } }) => {
  const { grid: [rows, columns], saliency, saliencyModel } = record;
  if (!saliencyModel) return { caption: "Saliency is off: every mask passes" };
  if (!saliency) return { caption: "No salient region was found" };
  const d = `M0 0h${columns}v${rows}H0z${gridPath(saliency.grid)}`;
  return {
    caption: `Salient: ${percent(saliency.areaPatches / (rows * columns))} of the picture`,
    marks: [svg("path", { class: "veil", "fill-rule": "evenodd", d })],
  };
};
