/// <reference lib="dom" />
import { plural } from "@fiedler/report";
import type { Studio, StudioOptions, TrainingResult } from "../studio.ts";
import { byId, el } from "./dom.ts";
import { makeLossCurve } from "./loss_curve.ts";
import { saveFile } from "./downloads.ts";
import { leftWords } from "./words.ts";

/** A picture to learn from. */
export interface Lesson {
  readonly name: string;
  readonly file: Blob;
}

/** The part of the page that trains a segmenter. */
export interface TrainingPanel {
  /** Learns from these pictures, too. */
  add(lessons: readonly Lesson[]): void;
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

/** The training panel of the page. */
export function makeTrainingPanel(host: TrainingHost): TrainingPanel {
  const lessons = new Map<string, Lesson>();
  const curve = makeLossCurve();
  const [start, stop] = [button("train-start"), button("train-stop")];
  const [find, save] = [button("train-find"), button("train-save")];
  const steps = byId("train-steps", HTMLInputElement);
  let result: TrainingResult | null = null;
  let ending: AbortController | null = null;

  const tell = (words: string) => byId("train-status").textContent = words;
  const show = () => {
    start.hidden = ending !== null;
    stop.hidden = ending === null;
    find.disabled = save.disabled = result === null || ending !== null;
    byId("train-steps-words", HTMLOutputElement).value = steps.value;
    steps.style.setProperty("--share", String(shareOf(steps)));
  };
  const add = (more: readonly Lesson[]) => {
    for (const lesson of more) {
      if (!lessons.has(lesson.name)) byId("train-pictures").append(lessonItem(lesson, remove));
      lessons.set(lesson.name, lesson);
    }
    show();
  };
  const remove = (name: string) => {
    lessons.delete(name);
    show();
  };

  const train = async () => {
    ending = new AbortController();
    result = null;
    curve.clear(steps.valueAsNumber);
    show();
    tell("Looking for masks to learn from …");
    try {
      if (lessons.size === 0) add(await host.samples());
      result = await host.studio.train([...lessons.values()], host.options(), {
        ...{ steps: steps.valueAsNumber, seed: 0, signal: ending.signal },
        onPhase: tell,
        onStep: (step) => {
          curve.add(step);
          const left = (step.steps - step.step) * step.ms;
          tell(`Step ${step.step} of ${step.steps}` + (left > 0 ? `, ${leftWords(left)}` : ""));
        },
      });
      const { masks, pictures } = result;
      tell(
        `${plural(result.steps, "step")} done, from ${plural(masks, "mask")} of ` +
          `${plural(pictures, "picture")}.`,
      );
    } catch (error) {
      tell("Nothing was trained.");
      host.fail("Training did not work.", error);
    }
    ending = null;
    show();
  };

  start.addEventListener("click", train);
  stop.addEventListener("click", () => {
    tell("Stopping after this step …");
    ending?.abort();
  });
  steps.addEventListener("input", show);
  find.addEventListener("click", () => host.find());
  save.addEventListener("click", () => result && saveFile(result.weights, "segmenter.safetensors"));
  byId("train-samples").addEventListener("click", async () => {
    try {
      add(await host.samples());
    } catch (error) {
      host.fail("The samples did not load.", error);
    }
  });
  curve.clear(steps.valueAsNumber);
  show();
  return { add };
}

const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);

const shareOf = ({ valueAsNumber, min, max }: HTMLInputElement): number =>
  (valueAsNumber - Number(min)) / (Number(max) - Number(min));

/** A picture to learn from, with a button that takes it away. */
function lessonItem({ name, file }: Lesson, remove: (name: string) => void): HTMLElement {
  const src = URL.createObjectURL(file);
  const take = el("button", { type: "button", "aria-label": `Remove ${name}` }, "×");
  const item = el("li", { title: name }, el("img", { src, alt: name }), take);
  take.addEventListener("click", () => {
    URL.revokeObjectURL(src);
    item.remove();
    remove(name);
  });
  return item;
}
