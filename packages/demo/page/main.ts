/// <reference lib="dom" />
/** Starts the page: opens the studio, the first sample, and listens. */
import { openStudio } from "../open_studio.ts";
import type { AdapterFacts, Studio, StudioNews } from "../studio.ts";
import { keepOffline } from "../site/offline.ts";
import { say, sayError, unsay } from "./banners.ts";
import { makeCamera } from "./camera.ts";
import { byId } from "./dom.ts";
import { makeExports } from "./exports.ts";
import { followKeys } from "./keys.ts";
import { LearningPanel } from "./learning_panel.ts";
import { showMissingGpu } from "./missing_gpu.ts";
import { Page } from "./page.ts";
import { holdDrops, takeFiles } from "./picture_ways.ts";
import { listSamples, markSample, readSample, type Sample, showSamples } from "./samples.ts";
import { fromHash, SOFTWARE_SIDE } from "./settings.ts";
import { makeThemeButton } from "./theme.ts";
import { type Lesson, TrainingPanel } from "./training_panel.ts";

/** Opened at first: one thing of several parts, on a quiet ground. */
const FIRST_SAMPLE = "flower.jpg";
/** Samples that are learnt from: more would take long on a processor. */
const LESSONS = 6;

makeThemeButton();
holdDrops();
followSections();
await start();
await keepOffline(new URL("sw.js", document.baseURI));

async function start(): Promise<void> {
  const samples = listSamples().catch((error) => {
    sayError("The samples did not load.", error);
    return [];
  });
  try {
    const studio = await openStudio({
      worker: new URL("studio.js", document.baseURI),
      scenes: new URL("scenes.js", document.baseURI),
      weights: new URL("weights/", document.baseURI),
      segmenter: new URL("segmenters/scenes-tiny.safetensors", document.baseURI),
      onNews: tellNews,
    });
    byId("adapter").textContent = adapterWords(studio.adapter);
    document.body.classList.remove("opening");
    await run(studio, await samples);
  } catch (error) {
    document.body.classList.remove("opening");
    if ((error as Error).name === "NoAdapterError") showMissingGpu((error as Error).message);
    else sayError("The page could not start.", error);
  }
}

async function run(studio: Studio, samples: readonly Sample[]): Promise<void> {
  const page = new Page(studio);
  takeAddress(page, studio);
  addEventListener("hashchange", () => {
    takeAddress(page, studio);
    page.show();
  });
  const training = new TrainingPanel({
    studio,
    options: () => page.controls.options,
    samples: () => Promise.all(samples.slice(0, LESSONS).map(lessonOf)),
    find: () => page.find(),
    fail: sayError,
  });
  const learning = new LearningPanel({
    studio,
    options: () => page.controls.options,
    async use(file, name) {
      await addModel(page, studio, file, name);
      byId("workbench").scrollIntoView();
    },
    fail: sayError,
  });
  page.addView(learning.view);
  const openOwn = async (file: Blob, name: string) => {
    unsay("error");
    if (await page.open(file, name)) markSample(null);
  };
  const openSample = async (sample: Sample) => {
    markSample(sample.file);
    unsay("error");
    try {
      await page.open(await readSample(sample), sample.file);
    } catch (error) {
      sayError(`${sample.title} could not be opened.`, error);
    }
  };
  takeFiles({
    picture: openOwn,
    weights: (file, name) => addModel(page, studio, file, name),
    lessons: (files) => training.add(files.map((file) => ({ name: file.name, file }))),
  });
  makeExports(() => page.scene);
  makeCamera(openOwn, (error) => sayError("No picture from the camera.", error));
  followKeys({
    step: (by) => page.step(by),
    letGo: () => page.step(0),
    toggleClusters: (k) => page.controls.toggleClusters(k),
  });
  const lose = byId("lose-device", HTMLButtonElement);
  lose.addEventListener("click", () => loseDevice(page, studio));
  lose.disabled = false;
  showSamples(samples, openSample);
  const first = samples.find(({ file }) => file === FIRST_SAMPLE) ?? samples[0];
  if (first) await openSample(first);
}

/** Takes the settings that the page's address holds, and says which it cannot take. */
function takeAddress({ controls }: Page, studio: Studio): void {
  const { options, refused } = fromHash(
    location.hash,
    studio.models(),
    studio.adapter.software ? SOFTWARE_SIDE : undefined,
  );
  controls.set(options);
  unsay("address");
  if (refused.length > 0) {
    say("address", "The address asks for what cannot be: ", refused.join("; "), ".");
  }
}

async function addModel(page: Page, studio: Studio, file: Blob, name: string): Promise<void> {
  try {
    const { id } = await studio.addModel(file, name);
    page.controls.setModels(studio.models());
    page.controls.set({ ...page.controls.options, model: id, saliencyModel: id });
    await page.show();
  } catch (error) {
    sayError(`The weights ${name} could not be read.`, error);
  }
}

async function loseDevice(page: Page, studio: Studio): Promise<void> {
  try {
    await studio.loseDevice();
    await page.show();
  } catch (error) {
    sayError("The GPU did not come back.", error);
  }
}

const lessonOf = async (sample: Sample): Promise<Lesson> => ({
  name: sample.file,
  file: await readSample(sample),
});

function tellNews(news: StudioNews): void {
  if (news.kind === "progress") {
    byId("times").textContent = news.words;
    const waiting = document.getElementById("stage-words");
    if (waiting) waiting.textContent = `${news.words} …`;
  }
  if (news.kind === "recovered") unsay("device");
  if (news.kind === "lost") {
    say("device", "The GPU was lost, and is being opened again. ", news.words);
  }
}

function adapterWords({ vendor, architecture, description, software }: AdapterFacts): string {
  const name = description || [vendor, architecture].filter((part) => part !== "").join(" ") ||
    "a GPU that does not say its name";
  const advice = software
    ? " It is software: a program on your processor, many times slower than a graphics card."
    : "";
  return `Computed on ${name}.${advice}`;
}

/** Goes to a section without touching the address, which holds the settings. */
function followSections(): void {
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a[href^='#']")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const section = byId(link.hash.slice(1));
      section.scrollIntoView();
      section.focus({ preventScroll: true });
    });
  }
}
