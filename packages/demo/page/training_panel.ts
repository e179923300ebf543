/// <reference lib="dom" />
import { plural } from "@fiedler/report";
import type { Studio, StudioOptions, TrainingResult, TrainingStep } from "../studio.ts";
import { byId, el } from "./dom.ts";
import { makeLossCurve } from "./loss_curve.ts";
import { saveFile } from "./downloads.ts";
import { leftWords } from "./words.ts";

/** Steps that say how long the next one takes: the first ones are slow. */
const RECENT = 7;

/** A picture to learn from. */
export interface Lesson {
  readonly name: string;
  readonly file: Blob;
}

/** What the panel needs of the page. */
export interface TrainingHost {
  readonly studio: Studio;
  options(): StudioOptions;
  /** The pictures that come with the page. */
  samples(): Promise<readonly Lesson[]>;
  /** Shows what the segmenter finds in the open picture. */
  find(): Promise<void>;
  fail(doing: string, error: unknown): void;
}

/** The part of the page that trains a segmenter. */
export class TrainingPanel {
  readonly #lessons = new Map<string, Lesson>();
  readonly #curve = makeLossCurve();
  readonly #steps = byId("train-steps", HTMLInputElement);
  #result: TrainingResult | null = null;
  /** Ends the training that is under way. */
  #ending: AbortController | null = null;

  constructor(private readonly host: TrainingHost) {
    const on = (id: string, act: () => void) => byId(id).addEventListener("click", act);
    on("train-start", () => this.#train());
    on("train-stop", () => {
      tell("Stopping after this step …");
      this.#ending?.abort();
    });
    on("train-find", () => host.find());
    on("train-save", () => {
      if (this.#result) saveFile(this.#result.weights, "segmenter.safetensors");
    });
    on("train-samples", () => this.#addSamples());
    this.#steps.addEventListener("input", () => this.#show());
    this.#curve.clear(this.#steps.valueAsNumber);
    this.#show();
  }

  /** Learns from these pictures, too. */
  add(lessons: readonly Lesson[]): void {
    for (const lesson of lessons) {
      const key = `${lesson.name} ${lesson.file.size}`;
      if (this.#lessons.has(key)) continue;
      this.#lessons.set(key, lesson);
      byId("train-pictures").append(lessonItem(lesson, () => this.#lessons.delete(key)));
    }
  }

  async #addSamples(): Promise<void> {
    try {
      this.add(await this.host.samples());
    } catch (error) {
      this.host.fail("The samples did not load.", error);
    }
  }

  async #train(): Promise<void> {
    const { signal } = this.#ending = new AbortController();
    const steps = this.#steps.valueAsNumber;
    this.#result = null;
    this.#curve.clear(steps);
    this.#show();
    tell("Looking for masks to learn from …");
    try {
      if (this.#lessons.size === 0) this.add(await this.host.samples());
      const lessons = [...this.#lessons.values()];
      const told = { onPhase: tell, onStep: this.#teller() };
      const training = { steps, seed: 0, signal, ...told };
      this.#result = await this.host.studio.train(lessons, this.host.options(), training);
      tell(resultWords(this.#result));
    } catch (error) {
      tell("Nothing was trained.");
      this.host.fail("Training did not work.", error);
    }
    this.#ending = null;
    this.#show();
  }

  /** Draws each step, and says how long the rest takes. */
  #teller(): (step: TrainingStep) => void {
    const times: number[] = [];
    return (step) => {
      this.#curve.add(step);
      times.push(step.ms);
      const left = (step.steps - step.step) * median(times.slice(-RECENT));
      tell(`Step ${step.step} of ${step.steps}` + (left > 0 ? `, ${leftWords(left)}` : ""));
    };
  }

  #show(): void {
    const running = this.#ending !== null;
    byId("train-start").hidden = running;
    byId("train-stop").hidden = !running;
    for (const id of ["train-find", "train-save"]) {
      byId(id, HTMLButtonElement).disabled = running || this.#result === null;
    }
    byId("train-steps-words", HTMLOutputElement).value = this.#steps.value;
    this.#steps.style.setProperty("--share", String(shareOf(this.#steps)));
  }
}

const tell = (words: string): void => {
  byId("train-status").textContent = words;
};

const resultWords = ({ steps, masks, pictures }: TrainingResult): string =>
  `${plural(steps, "step")} done, from ${plural(masks, "mask")} of ${plural(pictures, "picture")}.`;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const shareOf = ({ valueAsNumber, min, max }: HTMLInputElement): number =>
  (valueAsNumber - Number(min)) / (Number(max) - Number(min));

/** A picture to learn from, with a button that takes it away. */
function lessonItem({ name, file }: Lesson, remove: () => void): HTMLElement {
  const src = URL.createObjectURL(file);
  const take = el("button", { type: "button", "aria-label": `Remove ${name}` }, "×");
  const item = el("li", { title: name }, el("img", { src, alt: name }), take);
  take.addEventListener("click", () => {
    URL.revokeObjectURL(src);
    item.remove();
    remove();
  });
  return item;
}
