/// <reference lib="dom" />
import { plural, significant } from "@fiedler/report";
import type {
  PretrainingChanges,
  PretrainingProgress,
  PretrainingResult,
  PretrainingStep,
  Studio,
  StudioOptions,
} from "../studio.ts";
import { announce } from "./banners.ts";
import { byId, el } from "./dom.ts";
import { saveFile } from "./downloads.ts";
import { makeLearningCurve } from "./learning_curve.ts";
import { SnapshotView } from "./snapshot_view.ts";
import { leftWords, timeLabel, timeWords } from "./words.ts";

/** Steps that the numbers beside the curve are of. */
const RECENT = 16;

/** What the panel needs of the page. */
export interface LearningHost {
  readonly studio: Studio;
  options(): StudioOptions;
  /** Makes weights the network of the page. */
  use(file: Blob, name: string): Promise<void>;
  fail(doing: string, error: unknown): void;
}

/** The part of the page that pretrains a network, and shows what its features become. */
export class LearningPanel {
  /** What the snapshots see; to be told of every scene. */
  readonly view: SnapshotView;
  readonly #section = byId("learn");
  readonly #curve = makeLearningCurve();
  #recent: PretrainingStep[] = [];
  #batch = 0;
  /** Ends the pretraining that is under way. */
  #ending: AbortController | null = null;
  /** Another one starts from other numbers. */
  #seed = 0;

  constructor(private readonly host: LearningHost) {
    this.view = new SnapshotView({
      studio: host.studio,
      options: host.options,
      looksAt: (snapshot) => this.#curve.mark(snapshot && snapshot.ms),
      fail: host.fail,
    });
    const on = (id: string, act: () => void) => byId(id).addEventListener("click", act);
    on("learn-start", () => this.#learn());
    on("learn-stop", () => {
      tell("Stopping after this step …");
      this.#ending?.abort();
    });
    on("learn-use", () => this.#take((file, step) => host.use(file, `learnt here, step ${step}`)));
    on("learn-save", () => this.#take((file) => saveFile(file, "encoder.safetensors")));
    document.addEventListener("visibilitychange", () => this.#pause(document.hidden));
    this.#show();
  }

  async #learn(): Promise<void> {
    const { signal } = this.#ending = new AbortController();
    const ms = 60_000 * this.#minutes;
    this.#recent = [];
    this.#curve.clear(ms);
    this.view.setSnapshots([], false);
    this.#show();
    try {
      const { software } = this.host.studio.adapter;
      const result = await this.host.studio.pretrain({
        ...{ ms, seed: this.#seed++, changes: this.#changes, signal },
        onPhase: (words) => this.#say(`${words[0].toUpperCase()}${words.slice(1)} …`),
        onProgress: (progress) => this.#takeIn(progress, !software),
      });
      this.view.setSnapshots(result.snapshots, true);
      this.#say(endWords(result, this.#recent));
    } catch (error) {
      const stopped = (error as Error).name === "AbortError";
      this.#say(stopped ? "Stopped before the first step." : "Learning ended before its time.");
      this.host.fail("Learning did not work.", error);
    }
    this.#ending = null;
    this.#show();
  }

  #takeIn(progress: PretrainingProgress, seek: boolean): void {
    const { steps, batch, leftMs, snapshots } = progress;
    this.#batch = batch;
    this.#recent = [...this.#recent, ...steps].slice(-RECENT);
    this.#curve.add(steps);
    this.view.setSnapshots(snapshots, seek);
    const last = this.#recent.at(-1);
    if (!last) return;
    if (!document.hidden) tell(`Step ${last.step}, ${leftWords(leftMs)}`);
    byId("learn-plan").textContent = planWords(batch, stepMs(this.#recent), this.host.studio);
    this.#tellNumbers(last);
  }

  /** Stands still while nobody looks: a tab in the background is slowed down anyway. */
  async #pause(hidden: boolean): Promise<void> {
    if (!this.#ending) return;
    if (hidden) this.#say("Paused while the tab is hidden. What was learnt stays.");
    else this.#say("Going on …");
    try {
      await this.host.studio.pausePretraining(hidden);
    } catch (error) {
      this.host.fail("Learning could not be paused.", error);
    }
  }

  /** Does something with the file of the snapshot that is looked at. */
  async #take(act: (file: Blob, step: number) => void | Promise<void>): Promise<void> {
    const { shown } = this.view;
    if (!shown) return;
    try {
      await act(await this.host.studio.snapshotFile(shown.id), shown.step);
    } catch (error) {
      this.host.fail("The snapshot could not be taken.", error);
    }
  }

  #tellNumbers({ step, rate }: PretrainingStep): void {
    const loss = this.#recent.reduce((sum, { loss }) => sum + loss, 0) / this.#recent.length;
    const scenes = 1000 * this.#batch / stepMs(this.#recent);
    const rows = [
      ["Loss (each patch’s mean: 1)", loss.toFixed(3)],
      ["Learning rate", rate.toExponential(1)],
      ["Scenes a second", significant(scenes)],
      ["Scenes seen", String(step * this.#batch)],
    ];
    byId("learn-numbers").replaceChildren(
      ...rows.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
    );
  }

  #say(words: string): void {
    tell(words);
    announce(words);
  }

  /** One of two buttons; who had pressed the one that goes is on the other then. */
  #show(): void {
    const buttons = [byId("learn-start"), byId("learn-stop")];
    const [hidden, shown] = this.#ending ? buttons : buttons.toReversed();
    const focused = document.activeElement === hidden;
    [hidden.hidden, shown.hidden] = [true, false];
    if (focused) shown.focus();
    byId("learn-minutes", HTMLFieldSetElement).disabled = this.#ending !== null;
  }

  get #minutes(): number {
    return Number(this.#section.querySelector<HTMLInputElement>("[name=minutes]:checked")!.value);
  }

  /** A page for slow adapters may have a smaller network than that of the embedded model. */
  get #changes(): PretrainingChanges {
    return JSON.parse(this.#section.dataset.changes ?? "{}");
  }
}

const tell = (words: string): void => {
  byId("learn-status").textContent = words;
};

/** What one of some steps took. */
function stepMs(steps: readonly PretrainingStep[]): number {
  const [first, last] = [steps[0], steps[steps.length - 1]];
  return steps.length === 1 ? first.ms : (last.ms - first.ms) / (steps.length - 1);
}

function planWords(batch: number, ms: number, { adapter: { software } }: Studio): string {
  const words = `A step of ${batch} scenes takes about ${timeWords(ms)} here.`;
  return software
    ? `${words} This adapter is a program on your processor, so the steps are small ones.`
    : `${words} The built-in network had 1029 steps of 64.`;
}

/** How it ended; of the loss, what became of it. */
function endWords(
  { steps, snapshots, ended, words }: PretrainingResult,
  recent: readonly PretrainingStep[],
): string {
  const done = plural(steps, "step");
  const stay = "The snapshots before it stay.";
  if (ended === "lost") return `The GPU stays lost after ${done}: ${words}. ${stay}`;
  if (ended === "diverged") return `Ended: ${words}. ${stay} Start again for other numbers.`;
  const last = snapshots.at(-1)!;
  const loss = recent.length > 0 && last.loss !== null ? `, loss ${significant(last.loss)}` : "";
  return `${ended === "stopped" ? "Stopped after" : "Done:"} ${done} in ${
    timeLabel(last.ms)
  }${loss}`;
}
