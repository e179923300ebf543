/// <reference lib="dom" />
import { type MaskRecord, percent, plural, RULE_WORDS, RULES } from "@fiedler/report";
import { byId, el, svg, svgText, tinted } from "./dom.ts";
import { followMasks } from "./mask_pointer.ts";
import type { Scene, View } from "./scene.ts";
import type { Selection } from "./selection.ts";

/** Sizes of the plot, in its own units. */
const FRAME = { width: 420, height: 210, left: 12, right: 12, top: 24, bottom: 34 };

/** Every candidate as a dot: its score across, its size upward, and the limit as a line. */
export function makeScorePlot(selection: Selection): View {
  const place = byId("step-filter").querySelector(".plot")!;
  const drawing = svg("svg", {
    viewBox: `0 0 ${FRAME.width} ${FRAME.height}`,
    role: "img",
    "aria-label": "Saliency score and size of every candidate",
  });
  const legend = el("p", { class: "hint" });
  place.append(drawing, legend);
  followMasks(drawing, selection);
  return {
    update(scene) {
      drawing.replaceChildren(...axis(), ...limit(scene), ...dots(scene));
      legend.textContent = fates(scene);
    },
    highlight(mask) {
      for (const dot of drawing.querySelectorAll<SVGElement>("[data-mask]")) {
        dot.classList.toggle("active", Number(dot.dataset.mask) === mask?.id);
      }
    },
  };
}

const across = (score: number): number =>
  FRAME.left + score * (FRAME.width - FRAME.left - FRAME.right);

/** By the root of the share, so that small pieces do not lie on top of each other. */
function upward(areaPatches: number, patches: number): number {
  const height = FRAME.height - FRAME.top - FRAME.bottom;
  return FRAME.height - FRAME.bottom - height * Math.sqrt(areaPatches / patches);
}

function axis(): SVGElement[] {
  const ground = FRAME.height - FRAME.bottom;
  return [
    svg("path", { class: "rule", d: `M${FRAME.left} ${ground}H${FRAME.width - FRAME.right}` }),
    svgText({ x: across(0), y: FRAME.height - 12, class: "tick start" }, "not salient"),
    svgText({ x: across(1), y: FRAME.height - 12, class: "tick end" }, "all salient"),
  ];
}

function limit({ options: { proposals: { saliencyThreshold } } }: Scene): SVGElement[] {
  const x = across(saliencyThreshold);
  const end = saliencyThreshold > 0.8;
  return [
    svg("path", { class: "limit", d: `M${x} ${FRAME.top - 10}V${FRAME.height - FRAME.bottom}` }),
    svgText(
      { x: x + (end ? -6 : 6), y: FRAME.top, class: end ? "tick end" : "tick start" },
      percent(saliencyThreshold),
    ),
  ];
}

function dots({ shown: { record }, tints }: Scene): SVGElement[] {
  const patches = record.grid[0] * record.grid[1];
  return record.masks.filter(({ ioa }) => ioa !== null).map((mask) => {
    const dot = svg("circle", {
      class: `dot ${mask.dropped?.rule ?? "kept"}`,
      cx: across(mask.ioa!),
      cy: upward(mask.areaPatches, patches),
      r: mask.dropped ? 4.5 : 6.5,
      "data-mask": mask.id,
    });
    return tinted(dot, tints.get(mask.id) ?? "var(--quiet)");
  });
}

/** What became of all candidates, in a sentence. */
function fates({ shown: { record }, kept }: Scene): string {
  if (!record.saliencyModel) return "Saliency is off: candidates have no score.";
  const of = (rule: string) => (mask: MaskRecord) => mask.dropped?.rule === rule;
  const gone = RULES.map((rule) => ({ rule, masks: record.masks.filter(of(rule)).length }))
    .filter(({ masks }) => masks > 0)
    .map(({ rule, masks }) => `${masks} ${RULE_WORDS[rule].name.toLowerCase()}`);
  return [`${plural(record.masks.length, "candidate")}: ${kept.length} kept`, ...gone].join(", ") +
    ".";
}
