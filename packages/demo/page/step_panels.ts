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
  plural,
} from "@fiedler/report";
import type { GridPicture } from "../studio.ts";
import { byId, setAttributes, svg } from "./dom.ts";
import {
  type CellColour,
  type GridPanel,
  gridPanel,
  type PanelContent,
  rgbCells,
} from "./grid_panel.ts";
import { linkPaths } from "./link_lines.ts";
import { gridPath } from "./mask_shapes.ts";
import type { Scene, View } from "./scene.ts";
import type { Selection } from "./selection.ts";

/** Most panels of a step: the largest k uses as many eigenvectors, but for the constant first. */
const MOST_PANELS = 7;

/** All panels of the page as one view. */
export function stepPanels(selection: Selection): View {
  const views: View[] = [
    patches(),
    single("step-keys", "Keys in three colours", features),
    graph(),
    series("step-eigenvectors", (i) => gridPanel(`Eigenvector ${i + 2}`, eigenvector(i))),
    series("step-clusters", (i) => gridPanel("Clusters", clusters(i), selection)),
    series("step-pieces", (i) => gridPanel("Pieces", pieces(i), selection)),
    single("step-saliency", "The cut that saliency is taken from", saliencyCut),
    salientRegion(),
  ];
  return {
    update: (scene) => views.forEach((view) => view.update(scene)),
    highlight: (mask) => views.forEach((view) => view.highlight(mask)),
  };
}

const place = (step: string): Element => byId(step).querySelector(".panels")!;

function single(
  step: string,
  label: string,
  content: (scene: Scene) => PanelContent | null,
): GridPanel {
  const panel = gridPanel(label, content);
  place(step).append(panel.element);
  return panel;
}

/** As many panels as a scene needs. */
function series(step: string, make: (index: number) => GridPanel): View {
  const panels = Array.from({ length: MOST_PANELS }, (_, i) => make(i));
  place(step).append(...panels.map(({ element }) => element));
  return {
    update: (scene) => panels.forEach((panel) => panel.update(scene)),
    highlight: (mask) => panels.forEach((panel) => panel.highlight(mask)),
  };
}

function patches(): View {
  const panel = single("step-patches", "The photo in patches", ({ shown: { record } }) => ({
    caption: `${record.grid[1]} × ${record.grid[0]} patches of ${record.patch} pixels`,
    colours: null,
  }));
  const lines = svg("path", { class: "grid" });
  panel.extra.append(lines);
  return {
    ...panel,
    update(scene) {
      panel.update(scene);
      const [rows, columns] = scene.shown.record.grid;
      const d = [
        ...Array.from({ length: rows - 1 }, (_, y) => `M0 ${y + 1}h${columns}`),
        ...Array.from({ length: columns - 1 }, (_, x) => `M${x + 1} 0v${rows}`),
      ].join("");
      setAttributes(lines, { d });
    },
  };
}

const features = ({ shown: { features, record } }: Scene): PanelContent => ({
  caption: `Keys of ${record.model.name}`,
  colours: rgbCells(features),
});

function graph(): View {
  const panel = single("step-graph", "Links between neighbouring patches", ({ shown }) => ({
    caption: `${plural(shown.features.rows * shown.features.columns, "patch", "patches")}, ` +
      "every pair of them linked",
    colours: (cell) => Array.from(rgbCells(shown.features)(cell), (channel) => channel * 0.28),
  }));
  return {
    ...panel,
    update(scene) {
      panel.update(scene);
      panel.extra.replaceChildren(
        ...linkPaths(scene.shown.features).map(({ d, width }) =>
          svg("path", { class: "link", d, "stroke-width": width })
        ),
      );
    },
  };
}

const diverging = ({ data }: GridPicture): CellColour => (cell) => DIVERGING[data[cell]];

const eigenvector = (index: number) => ({ shown }: Scene): PanelContent | null => {
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

const clusters = (index: number) => (scene: Scene): PanelContent | null => {
  const { clusters } = scene.shown;
  if (!clusters[index]) return null;
  const { k, labels: { data } } = clusters[index];
  const colours = alignColours(clusters.map(({ labels }) => labels.data))[index];
  return {
    caption: `k = ${k}`,
    colours: (cell) => cyclic(CLUSTER_COLOURS, colours[data[cell]]),
    owners: scene.pieces.get(k),
  };
};

const pieces = (index: number) => (scene: Scene): PanelContent | null => {
  const { clusters, record } = scene.shown;
  const owners = clusters[index] && scene.pieces.get(clusters[index].k);
  if (!owners) return null;
  const { k } = clusters[index];
  const own = record.masks.filter((mask) => mask.k === k);
  const places = new Map(own.map(({ id }, i) => [id, i]));
  return {
    caption: `k = ${k}: ${plural(own.length, "piece")}`,
    colours: (cell) => {
      const at = places.get(owners[cell]);
      return at === undefined ? [128, 128, 128] : cyclic(MASK_COLOURS, at);
    },
    owners,
  };
};

const saliencyCut = ({ shown }: Scene): PanelContent | null => {
  const vector = shown.saliencyEigenvectors[0];
  const model = shown.record.saliencyModel;
  if (!vector || !model) return null;
  return { caption: `Fiedler vector of ${model.name}`, colours: diverging(vector) };
};

function salientRegion(): View {
  const panel = single("step-saliency", "The salient region", ({ shown: { record } }) => ({
    caption: salientWords(record),
    colours: null,
  }));
  const veil = svg("path", { class: "veil", "fill-rule": "evenodd" });
  panel.extra.append(veil);
  return {
    ...panel,
    update(scene) {
      panel.update(scene);
      const { grid: [rows, columns], saliency } = scene.shown.record;
      const salient = saliency ? gridPath(saliency.grid) : "";
      setAttributes(veil, { d: saliency ? `M0 0h${columns}v${rows}H0z${salient}` : "" });
    },
  };
}

function salientWords(
  { saliency, saliencyModel, grid: [rows, columns] }: Scene["shown"]["record"],
) {
  if (!saliencyModel) return "Saliency is off: every mask passes";
  if (!saliency) return "No salient region was found";
  const share = Math.round(100 * saliency.areaPatches / (rows * columns));
  return `Salient: ${share} % of the picture`;
}
