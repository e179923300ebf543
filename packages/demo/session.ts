import { Engine } from "./engine.ts";
import type { Asked, Request } from "./messages.ts";
import { Models } from "./models.ts";
import { OpenPicture } from "./picture.ts";
import { show } from "./show.ts";
import type { Shown, StudioNews, StudioOptions } from "./studio.ts";
import { WorkQueue } from "./work_queue.ts";

/** What the worker holds for its page: one device, the models, the open picture. */
export class Session {
  readonly #queue = new WorkQueue();
  readonly #models = new Models();
  readonly #engine: Engine;
  #picture: OpenPicture | null = null;
  /** What is shown, to be computed again when the device is lost. */
  #shown: StudioOptions | null = null;

  constructor(private readonly tell: (news: StudioNews) => void) {
    this.#engine = new Engine(tell, () => this.#recover());
  }

  /** Answers a request of the page. */
  async answer(request: Request): Promise<Asked[keyof Asked][1]> {
    switch (request.kind) {
      case "start":
        return await this.#start(request.weights);
      case "addModel":
        return await this.#models.add(request.file, request.name);
      case "open":
        return await this.#queue.add("open", () => this.#open(request));
      case "show":
        return await this.#queue.add("show", () => this.#show(request.options), true);
      case "loseDevice":
        await this.#engine.lose();
        return null;
      case "dispose":
        return await this.#queue.add("dispose", () => this.#engine.close().then(() => null));
    }
    throw new TypeError(request.kind);
  }

  async #start(weights: string): Promise<Asked["start"][1]> {
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
