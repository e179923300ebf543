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

/** Networks that come with the page. */
const EMBEDDED: readonly string[] = ["mae-tiny", "dino-tiny"];

const WORDS: Readonly<Record<SliderName, (value: number) => string>> = {
  saliencyThreshold: percent,
  nmsThreshold: percent,
  shortSide: (value) => `${value} pixels`,
  minPatches: (value) => value === 0 ? "any" : plural(value, "patch", "patches"),
  maxShare: (value) => value === 1 ? "any" : `${percent(value)} of the picture`,
};

/** The sliders and choices beside the picture. */
export class Controls {
  readonly #form = byId("controls", HTMLFormElement);
  #models: readonly ModelFacts[] = [];
  #options: StudioOptions;

  /** @param onChange Told on every movement. */
  constructor(
    models: readonly ModelFacts[],
    private readonly onChange: (options: StudioOptions) => void,
  ) {
    this.#options = presetSettings("practical", models);
    byId("clusters").append(...CLUSTERS.map(chip));
    for (const name of Object.keys(SLIDERS) as SliderName[]) {
      const input = field<HTMLInputElement>(this.#form, name);
      const { least, most, step } = SLIDERS[name];
      Object.assign(input, { min: String(least), max: String(most), step: String(step) });
      input.addEventListener(
        "input",
        () => this.#change(withSlider(this.#options, name, input.valueAsNumber)),
      );
    }
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.#form.addEventListener("change", (event) => {
      const { name, value } = event.target as HTMLInputElement | HTMLSelectElement;
      const next = this.#chosen(name, value);
      if (next) this.#change(next);
    });
    this.setModels(models);
  }

  /** What they stand at. */
  get options(): StudioOptions {
    return this.#options;
  }

  /** Sets them, without telling. */
  set(options: StudioOptions): void {
    this.#options = options;
    this.#show();
  }

  /** Offers these models. */
  setModels(models: readonly ModelFacts[]): void {
    this.#models = models;
    const entries = () => models.map(({ id, title }) => el("option", { value: id }, title));
    field(this.#form, "model").replaceChildren(...entries());
    field(this.#form, "saliencyModel")
      .replaceChildren(...entries(), el("option", { value: "" }, "nothing: keep all"));
    this.#show();
  }

  /** As its chip does: one number of clusters more, or less. */
  toggleClusters(k: number): void {
    this.#change(withClusters(this.#options, k));
  }

  #change(options: StudioOptions): void {
    this.set(options);
    this.onChange(options);
  }

  /** The options after a choice; null for what is no choice. */
  #chosen(name: string, value: string): StudioOptions | null {
    const options = this.#options;
    switch (name) {
      case "k":
        return withClusters(options, Number(value));
      case "preset": {
        const preset = presetSettings(value as Preset, this.#models);
        const { model, shortSide } = options;
        const own = preset.saliencyModel === preset.model;
        const saliencyModel = own ? model : fitting(preset.saliencyModel, model, this.#models);
        return { ...preset, model, shortSide, saliencyModel };
      }
      case "outlines":
        return { ...options, proposals: { ...options.proposals, ...OUTLINES[value] } };
      case "model": {
        const own = options.saliencyModel === options.model;
        const saliencyModel = own ? value : fitting(options.saliencyModel, value, this.#models);
        return { ...options, model: value, saliencyModel };
      }
      case "saliencyModel":
        return { ...options, saliencyModel: value === "" ? null : value };
      default:
        return null;
    }
  }

  #show(): void {
    const [form, options] = [this.#form, this.#options];
    for (const name of Object.keys(SLIDERS) as SliderName[]) showSlider(form, name, options);
    const { clusterCounts } = options.proposals;
    for (const input of form.querySelectorAll<HTMLInputElement>("[name=k]")) {
      input.checked = clusterCounts.includes(Number(input.value));
      input.disabled = input.checked && clusterCounts.length === 1;
    }
    const preset = presetOf(options);
    for (const input of form.querySelectorAll<HTMLInputElement>("[name=preset]")) {
      input.checked = input.value === preset;
    }
    field(form, "outlines").value = outlinesOf(options);
    field(form, "model").value = options.model;
    field(form, "saliencyModel").value = options.saliencyModel ?? "";
    byId("model-about").textContent = aboutWords(
      this.#models.find(({ id }) => id === options.model),
    );
  }
}

function showSlider(form: HTMLFormElement, name: SliderName, options: StudioOptions): void {
  const input = field<HTMLInputElement>(form, name);
  const { least, most } = SLIDERS[name];
  const value = sliderValue(options, name);
  const words = WORDS[name](value);
  input.value = String(value);
  input.setAttribute("aria-valuetext", words);
  input.style.setProperty("--share", String((value - least) / (most - least)));
  input.parentElement!.querySelector("output")!.value = words;
}

function field<E extends HTMLInputElement | HTMLSelectElement = HTMLSelectElement>(
  form: HTMLFormElement,
  name: string,
): E {
  return form.elements.namedItem(name) as E;
}

/** What a network is; of those that come with the page, how much to expect. */
function aboutWords(model: ModelFacts | undefined): string {
  if (!model) return "";
  if (!EMBEDDED.includes(model.id)) return model.about;
  return "Tiny, and taught on generated scenes alone: of photos, expect rough shapes.";
}

/** A saliency model beside a model: their patches must be of one size, or it is the model itself. */
function fitting(saliency: string | null, model: string, models: readonly ModelFacts[]) {
  const patchOf = (id: string) => models.find((facts) => facts.id === id)?.patch;
  return saliency === null || patchOf(saliency) === patchOf(model) ? saliency : model;
}

function chip(k: number): HTMLElement {
  const input = el("input", { type: "checkbox", name: "k", value: k });
  return el("label", {}, input, el("span", {}, String(k)));
}
