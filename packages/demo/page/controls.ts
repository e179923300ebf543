/// <reference lib="dom" />
import { percent, plural } from "@fiedler/report";
import type { ModelFacts, StudioOptions } from "../studio.ts";
import { byId, el } from "./dom.ts";
import {
  CLUSTERS,
  OUTLINES,
  outlinesOf,
  type Preset,
  presetOf,
  presetSettings,
  type SliderName,
  SLIDERS,
  sliderValue,
  withClusters,
  withSlider,
} from "./settings.ts";

/** The sliders and choices beside the picture. */
export interface Controls {
  /** What they stand at. */
  readonly options: StudioOptions;
  /** Sets them, without telling. */
  set(options: StudioOptions): void;
  /** Offers these models. */
  setModels(models: readonly ModelFacts[]): void;
  /** As its chip does: one number of clusters more, or less. */
  toggleClusters(k: number): void;
}

/** Networks that come with the page. */
const EMBEDDED: readonly string[] = ["mae-tiny", "dino-tiny"];

const WORDS: Readonly<Record<SliderName, (value: number) => string>> = {
  saliencyThreshold: percent,
  nmsThreshold: percent,
  shortSide: (value) => `${value} pixels`,
  minPatches: (value) => value === 0 ? "any" : plural(value, "patch", "patches"),
  maxShare: (value) => value === 1 ? "any" : `${percent(value)} of the picture`,
};

/**
 * The controls of the page.
 *
 * @param onChange Told on every movement.
 */
export function makeControls(
  models: readonly ModelFacts[],
  onChange: (options: StudioOptions) => void,
): Controls {
  const form = byId("controls", HTMLFormElement);
  let offered = models;
  let options = presetSettings("practical", models);
  const aboutOf = ({ model }: StudioOptions) => aboutWords(offered.find(({ id }) => id === model));
  const change = (next: StudioOptions) => {
    options = next;
    showOptions(form, options, aboutOf(options));
    onChange(options);
  };

  for (const name of Object.keys(SLIDERS) as SliderName[]) {
    const input = slider(form, name);
    const { least, most, step } = SLIDERS[name];
    Object.assign(input, { min: String(least), max: String(most), step: String(step) });
    input.addEventListener("input", () => change(withSlider(options, name, input.valueAsNumber)));
  }
  byId("clusters").append(...CLUSTERS.map((k) => chip(k)));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", (event) => {
    const { name, value } = event.target as HTMLInputElement | HTMLSelectElement;
    if (name === "k") change(withClusters(options, Number(value)));
    if (name === "preset") {
      const { model, shortSide } = options;
      const preset = presetSettings(value as Preset, offered);
      change({ ...preset, model, shortSide, saliencyModel: pairOf(preset, model, offered) });
    }
    if (name === "outlines") {
      change({ ...options, proposals: { ...options.proposals, ...OUTLINES[value] } });
    }
    if (name === "model") {
      const same = options.saliencyModel === options.model;
      change({ ...options, model: value, saliencyModel: same ? value : options.saliencyModel });
    }
    if (name === "saliencyModel") change({ ...options, saliencyModel: value || null });
  });

  const controls: Controls = {
    get options() {
      return options;
    },
    set(next) {
      options = next;
      showOptions(form, options, aboutOf(options));
    },
    setModels(next) {
      offered = next;
      const entries = () => next.map(({ id, title }) => el("option", { value: id }, title));
      select(form, "model").replaceChildren(...entries());
      select(form, "saliencyModel")
        .replaceChildren(...entries(), el("option", { value: "" }, "nothing: keep all"));
      showOptions(form, options, aboutOf(options));
    },
    toggleClusters: (k) => change(withClusters(options, k)),
  };
  controls.setModels(models);
  return controls;
}

/** What a network is; of those that come with the page, how much to expect. */
function aboutWords(model: ModelFacts | undefined): string {
  if (!model) return "";
  if (!EMBEDDED.includes(model.id)) return model.about;
  return "Tiny, and taught on generated scenes alone: of photos, expect rough shapes.";
}

/** A preset's saliency model beside another first model than the preset's. */
function pairOf(
  preset: StudioOptions,
  model: string,
  models: readonly ModelFacts[],
): string | null {
  if (preset.saliencyModel === preset.model) return model;
  const patch = models.find(({ id }) => id === model)?.patch;
  const second = models.find(({ id }) => id === preset.saliencyModel);
  return second?.patch === patch ? preset.saliencyModel : model;
}

function chip(k: number): HTMLElement {
  const input = el("input", { type: "checkbox", name: "k", value: k });
  return el("label", {}, input, el("span", {}, String(k)));
}

function slider(form: HTMLFormElement, name: string): HTMLInputElement {
  return form.elements.namedItem(name) as HTMLInputElement;
}

function select(form: HTMLFormElement, name: string): HTMLSelectElement {
  return form.elements.namedItem(name) as HTMLSelectElement;
}

function showOptions(form: HTMLFormElement, options: StudioOptions, about: string): void {
  for (const name of Object.keys(SLIDERS) as SliderName[]) {
    const input = slider(form, name);
    const { least, most } = SLIDERS[name];
    const value = sliderValue(options, name);
    const words = WORDS[name](value);
    input.value = String(value);
    input.setAttribute("aria-valuetext", words);
    input.style.setProperty("--share", String((value - least) / (most - least)));
    input.parentElement!.querySelector("output")!.value = words;
  }
  const { clusterCounts } = options.proposals;
  for (const input of form.querySelectorAll<HTMLInputElement>("[name=k]")) {
    input.checked = clusterCounts.includes(Number(input.value));
    input.disabled = input.checked && clusterCounts.length === 1;
  }
  const preset = presetOf(options);
  for (const input of form.querySelectorAll<HTMLInputElement>("[name=preset]")) {
    input.checked = input.value === preset;
  }
  byId("model-about").textContent = about;
  select(form, "outlines").value = outlinesOf(options);
  select(form, "model").value = options.model;
  select(form, "saliencyModel").value = options.saliencyModel ?? "";
}
