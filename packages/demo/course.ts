import { blobSource, openTensorFile } from "@fiedler/io";
import { startParameters } from "@fiedler/models";
import {
  loadNetwork,
  makeNetwork,
  type MapSource,
  mapSource,
  type Network,
  readSegmenterFile,
  segmenterBytes,
  TINY_SEGMENTER,
} from "@fiedler/segmenter";
import {
  makeSampler,
  parametersOf,
  type StepReport,
  stepViews,
  targetLevels,
  TINY_TRAINING,
  Trainer,
  type TrainerState,
  type TrainingView,
  type TrainSettings,
} from "@fiedler/train";
import type { Bench } from "./engine.ts";
import type { Models } from "./models.ts";
import { sha256Of } from "./sha256.ts";

/** The frozen backbone of the tiny segmenter. */
export const BACKBONE = "mae-tiny";
/** Most steps that a lost device takes with it. */
const KEPT_EVERY = 8;
/** Bytes for feature maps of views that come again: some tens of pictures, mirrored and not. */
const MAPS_BYTES = 2 ** 26;

/** What a {@linkcode Course} is made of. */
export interface CourseOptions {
  /** Pictures with masks; each has some. */
  readonly lessons: readonly TrainingView[];
  /** Updates of the parameters. */
  readonly steps: number;
  /** Of new weights, the order of pictures, and views. */
  readonly seed: number;
  /** The file of a segmenter to go on from; null for new weights. */
  readonly start: Blob | null;
}

/** What trains, on the device that it was made on. */
interface Classroom {
  readonly bench: Bench;
  readonly source: MapSource;
  readonly network: Network;
  readonly trainer: Trainer;
}

/** The tiny segmenter in training, from step to step, on whatever device there is. */
export class Course {
  readonly settings: TrainSettings;
  readonly #batchOf: (step: number) => number[];
  #room: Classroom | null = null;
  #step = 0;
  #kept: { readonly step: number; readonly state: TrainerState } | null = null;

  constructor(private readonly models: Models, private readonly options: CourseOptions) {
    const { lessons, steps, seed } = options;
    this.settings = courseSettings(lessons.length, { steps, seed });
    const sizes = lessons.map(({ width, height }) => [height, width] as const);
    this.#batchOf = makeSampler(sizes, this.settings);
  }

  /** Steps that are done. */
  get done(): number {
    return this.#step;
  }

  /**
   * The next step. On another device than the last one it is a step after those whose results were
   * kept, which has been done before.
   *
   * @throws {NotFiniteError} when a term of the loss or a gradient is not finite.
   */
  async step(bench: Bench): Promise<StepReport> {
    const { network: { multiple }, trainer } = this.#room?.bench === bench
      ? this.#room
      : await this.#enter(bench);
    const { lessons } = this.options;
    const { seed, views } = this.settings;
    const chosen = this.#batchOf(this.#step);
    const report = await trainer.step(
      stepViews(chosen.map((i) => lessons[i]), chosen, {
        ...{ step: this.#step, seed, views, multiple },
        levels: targetLevels(TINY_SEGMENTER),
      }),
      this.#step + 1,
    );
    const step = this.#step + 1;
    const last = step === this.settings.steps;
    if (last || step % KEPT_EVERY === 0) this.#kept = { step, state: await trainer.state() };
    this.#step = step;
    return report;
  }

  /** The segmenter as it is, as a file that `fiedler predict` reads. */
  async file(bench: Bench): Promise<Uint8Array<ArrayBuffer>> {
    const { trainer } = this.#room?.bench === bench ? this.#room : await this.#enter(bench);
    const { found, centred } = this.models.known(BACKBONE);
    const { sha256 } = await this.models.load(bench, BACKBONE);
    const { lessons, start } = this.options;
    return await segmenterBytes({
      config: TINY_SEGMENTER,
      backbone: {
        ...{ name: BACKBONE, sha256, heads: null, centred },
        ...{ release: found.release, encoder: found.encoder },
      },
      training: {
        ...{ command: "studio", ...this.settings, done: this.#step },
        "start sha256": start && await sha256Of(blobSource(start)),
        pictures: lessons.length,
        instances: lessons.reduce((sum, { instances }) => sum + instances.length, 0),
      },
    }, parametersOf(await trainer.state()));
  }

  /** Gives back what it has on the device. */
  free(): void {
    if (!this.#room) return;
    const { bench: { gpu }, source, network, trainer } = this.#room;
    trainer.free();
    source.forget?.(gpu);
    gpu.free(...network.parameters.map(({ tensor }) => tensor));
    this.#room = null;
  }

  /** Starts on a device, or goes on there from what was kept. */
  async #enter(bench: Bench): Promise<Classroom> {
    const { gpu } = bench;
    const { seed, start } = this.options;
    const source = mapSource(await this.models.load(bench, BACKBONE), TINY_SEGMENTER.features);
    const network = start
      ? await loadNetwork(gpu, readSegmenterFile(await openTensorFile(blobSource(start))), source)
      : makeNetwork(TINY_SEGMENTER, source, startParameters(gpu, seed));
    const trainer = new Trainer(gpu, {
      ...{ network, source, settings: this.settings, keepMapsBytes: MAPS_BYTES },
      state: this.#kept?.state,
    });
    this.#step = this.#kept?.step ?? 0;
    return this.#room = { bench, source, network, trainer };
  }
}

/** The preset `tiny` for few pictures and few steps. */
function courseSettings(
  pictures: number,
  { steps, seed }: Pick<TrainSettings, "steps" | "seed">,
): TrainSettings {
  const { optimiser } = TINY_TRAINING;
  const batch = Math.min(TINY_TRAINING.batch, pictures);
  const warmUp = Math.min(optimiser.warmUp, Math.ceil(steps / 4));
  return {
    ...{ ...TINY_TRAINING, steps, seed, batch, together: batch },
    optimiser: { ...optimiser, warmUp },
  };
}
