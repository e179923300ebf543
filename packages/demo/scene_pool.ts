import { uniforms } from "@fiedler/kernels";
import type { RgbImage } from "@fiedler/io";
import { type PretrainBatch, pretrainBatch, SCENE_SETS, scenePicture } from "@fiedler/pretrain";
import type { ScenePlan } from "./pretrain_plan.ts";

/** Scenes that are kept; of 128 pixels a side they take 50 MB. */
const KEPT = 1024;
/** Of the scenes: none that results are judged by. */
const SCENE_SEED = 1000;

/**
 * The scenes of a course, and the crops of its steps, in order. A GPU computes faster than a worker
 * draws, so that a step has some new scenes and else such as were seen before, in other crops.
 */
export class ScenePool {
  readonly #kept: RgbImage[] = [];
  #drawn = 0;
  #step = 0;

  constructor(private readonly plan: ScenePlan) {}

  /** Scenes that were drawn so far. */
  get drawn(): number {
    return this.#drawn;
  }

  /** The crops of the next step. */
  next(): PretrainBatch {
    const { settings, fresh } = this.plan;
    const { batch, seed } = settings;
    const step = ++this.#step;
    const added = step === 1 ? batch : fresh;
    const newest = Array.from({ length: added }, () => this.#draw());
    const draws = uniforms(batch - added, { seed, stream: step });
    const others = Array.from(draws, (draw) => this.#kept[Math.floor(draw * this.#kept.length)]);
    return pretrainBatch(settings, [...newest, ...others], step);
  }

  /** One more scene, in the place of the oldest when there are many. */
  #draw(): RgbImage {
    const index = this.#drawn++;
    const scene = scenePicture("mae", {
      ...{ seed: SCENE_SEED + this.plan.settings.seed, size: this.plan.side },
      index: index % SCENE_SETS.mae.count,
    });
    this.#kept[index % KEPT] = scene;
    return scene;
  }
}
