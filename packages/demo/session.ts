import { Engine } from "./engine.ts";
import type { Asked, Request, SnapshotLook, TrainedFile } from "./messages.ts";
import { fetchFile, Models } from "./models.ts";
import { OpenPicture } from "./picture.ts";
import { predictObjects } from "./predict.ts";
import { Pretraining, type PretrainTold } from "./pretrain.ts";
import type { PretrainingResult } from "./pretraining.ts";
import { show } from "./show.ts";
import { Snapshots } from "./snapshots.ts";
import { SnapshotViews } from "./snapshot_views.ts";
import type { Predicted, Shown, StudioNews, StudioOptions } from "./studio.ts";
import { type Told, train } from "./train.ts";
import { WorkQueue } from "./work_queue.ts";

/** What the worker holds for its page: one device, the models, the open picture. */
export class Session {
  readonly #queue = new WorkQueue();
  readonly #models = new Models();
  readonly #engine: Engine;
  #picture: OpenPicture | null = null;
  /** What is shown, to be computed again when the device is lost. */
  #shown: StudioOptions | null = null;
  /** Where the segmenter is that training goes on from. */
  #segmenter: string | null = null;
  /** What training made last. */
  #trained: Uint8Array | null = null;
  #training = false;
  /** Where the worker is that draws scenes. */
  #scenes: string | null = null;
  #pretraining: Pretraining | null = null;
  readonly #snapshots = new Snapshots();
  readonly #views = new SnapshotViews();

  constructor(private readonly tell: (news: StudioNews) => void) {
    this.#engine = new Engine(tell, () => this.#recover());
  }

  /** Answers a request of the page, but for `abort`, which is for who holds the signal. */
  async answer(
    request: Exclude<Request, { readonly kind: "abort" }>,
    told: Told & PretrainTold,
  ): Promise<Asked[keyof Asked][1]> {
    switch (request.kind) {
      case "start":
        return await this.#start(request);
      case "addModel":
        return await this.#models.add(request.file, request.name);
      case "open":
        return await this.#queue.add("open", () => this.#open(request));
      case "show":
        return await this.#queue.add("show", () => this.#show(request.options), true);
      case "train":
        return await this.#train(request, told);
      case "predict":
        return await this.#queue.add("predict", () => this.#predict());
      case "pretrain":
        return await this.#pretrain(request, told);
      case "pausePretraining":
        this.#pretraining?.pause(request.paused);
        return null;
      case "snapshotColours":
        return await this.#look("colours", request, (...all) => this.#views.colours(...all));
      case "snapshotMasks":
        return await this.#look("masks", request, (...all) => this.#views.masks(...all));
      case "snapshotFile":
        return this.#snapshots.find(request.snapshot).file;
      case "loseDevice":
        await this.#engine.lose();
        return null;
      case "dispose":
        return await this.#queue.add("dispose", () => this.#engine.close().then(() => null));
    }
  }

  async #start(
    { weights, segmenter, scenes }: Asked["start"][0],
  ): Promise<Asked["start"][1]> {
    this.#segmenter = segmenter;
    this.#scenes = scenes;
    this.tell({ kind: "progress", words: "opening the GPU" });
    const adapter = await this.#engine.adapter();
    this.tell({ kind: "progress", words: "reading the weights" });
    await this.#models.addEmbedded(weights);
    return { adapter, models: this.#models.facts };
  }

  async #open({ picture, name }: Asked["open"][0]): Promise<Asked["open"][1]> {
    const opened = await OpenPicture.open(picture, name);
    this.#picture = opened;
    this.#shown = null;
    return opened.facts;
  }

  async #show(options: StudioOptions): Promise<Shown> {
    const picture = this.#picture;
    if (!picture) throw new TypeError("show: no picture is open");
    const shown = await this.#engine.use((bench) => show(bench, this.#models, picture, options));
    this.#shown = options;
    return shown;
  }

  async #train(what: Asked["train"][0], told: Told): Promise<TrainedFile> {
    if (this.#training) throw new TypeError("train: there is a training; stop it first");
    this.#training = true;
    try {
      const start = this.#segmenter === null ? null : await fetchFile(new URL(this.#segmenter));
      const [engine, models, queue] = [this.#engine, this.#models, this.#queue];
      const result = await train({ engine, models, queue, start }, what, told);
      this.#trained = result.weights;
      return result;
    } finally {
      this.#training = false;
    }
  }

  async #predict(): Promise<Predicted> {
    const [picture, trained] = [this.#picture, this.#trained];
    if (!picture) throw new TypeError("predict: no picture is open");
    if (!trained) throw new TypeError("predict: there is no segmenter; train one first");
    return await this.#engine.use((bench) => predictObjects(bench, this.#models, trained, picture));
  }

  async #pretrain(order: Asked["pretrain"][0], told: PretrainTold): Promise<PretrainingResult> {
    if (this.#pretraining) throw new TypeError("pretrain: there is a pretraining; stop it first");
    if (this.#scenes === null) {
      throw new TypeError("pretrain: needs a worker that draws scenes; open the studio with one");
    }
    const scenes = new URL(this.#scenes);
    const [engine, queue, snapshots] = [this.#engine, this.#queue, this.#snapshots];
    this.#pretraining = new Pretraining({ engine, queue, snapshots, scenes }, order, told);
    try {
      return await this.#pretraining.run();
    } finally {
      this.#pretraining = null;
    }
  }

  /** Looks at the open picture with a snapshot; of looks of a kind that wait, at the newest. */
  async #look<T>(
    kind: string,
    { snapshot, options }: SnapshotLook,
    look: (...all: Parameters<SnapshotViews["masks"]>) => Promise<T>,
  ): Promise<T> {
    const work = async () => {
      const picture = this.#picture;
      if (!picture) throw new TypeError(`${kind}: no picture is open`);
      const found = this.#snapshots.find(snapshot);
      return await this.#engine.use((bench) => look(bench, found, picture, options));
    };
    return await this.#queue.add(kind, work, true);
  }

  /** Brings a new device to where the lost one was, unless other work already did. */
  #recover(): void {
    const work = () =>
      this.#engine.use(async (bench) => {
        if (this.#shown && this.#picture) {
          await show(bench, this.#models, this.#picture, this.#shown);
        }
      });
    this.#queue.add("recover", () => this.#engine.isDown ? work() : Promise.resolve())
      .catch(({ message }: Error) => this.tell({ kind: "lost", words: message }));
  }
}
