/// <reference lib="dom" />
/** The page: shows the adapter and the suites, runs them, and makes a report. */
import { Gpu } from "@fiedler/gpu";
import { byId, make } from "./dom.ts";
import {
  type Place,
  placeFacts,
  reportText,
  type SuiteResult,
  timeText,
  totals,
  totalsText,
} from "./report.ts";
import { loadSuites, runSuites, select } from "./run.ts";
import { SUITES } from "./suites.ts";
import { SuiteView } from "./suite_view.ts";

/** Those that decide which sizes fit and which kernels run. */
const LIMITS = [
  "maxStorageBufferBindingSize",
  "maxBufferSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
] as const;

const main = document.querySelector("main")!;
const only = byId("only", HTMLInputElement);
const run = byId("run", HTMLButtonElement);
const stop = byId("stop", HTMLButtonElement);
const progress = byId("progress", HTMLProgressElement);
const status = byId("status", HTMLElement);
const report = byId("report", HTMLTextAreaElement);
const dated = byId("dated", HTMLInputElement);

/** The page's progress, for style sheets and for programs that drive it. */
function enter(state: "loading" | "ready" | "running" | "done" | "broken"): void {
  main.dataset.state = state;
  run.disabled = state !== "ready" && state !== "done";
  stop.disabled = state !== "running";
  only.disabled = state === "running";
}

/** Opens a device as the suites do, and says what it is. */
async function findPlace(): Promise<Place> {
  const gpu = await Gpu.open();
  const { features, limits } = gpu.device;
  gpu.close();
  return {
    adapter: gpu.adapter,
    features: [...features].sort(),
    limits: Object.fromEntries(LIMITS.map((name) => [name, limits[name]])),
    userAgent: navigator.userAgent,
  };
}

function showPlace(place: Place): void {
  byId("adapter", HTMLDListElement).replaceChildren(
    ...placeFacts(place).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]),
  );
}

function showReport(place: Place, results: readonly SuiteResult[]): void {
  const today = dated.checked ? new Date().toISOString().slice(0, 10) : "";
  report.value = reportText(place, results, today);
  byId("report-section", HTMLElement).hidden = false;
}

/** Runs what is selected and keeps the page up to date. */
async function runAll(place: Place, views: readonly SuiteView[], signal: AbortSignal) {
  enter("running");
  const start = performance.now();
  const chosen = chosenOf(views);
  for (const view of views) view.clear();
  const all = chosen.reduce((sum, { tests }) => sum + tests.length, 0);
  const known = views.reduce((sum, { suite }) => sum + suite.tests.length, 0);
  const viewOf = (name: string) => views.find(({ suite }) => suite.name === name)!;
  progress.max = all;
  progress.value = 0;
  const say = (doing: string) => {
    const { ran, failed } = totals(views);
    progress.value = ran;
    const counts = totalsText({ tests: all, ran, failed, ms: 0 });
    const rest = all < known ? `; ${known - all} not selected` : "";
    status.textContent = `${doing}: ${counts}${rest}, ${timeText(performance.now() - start)}`;
  };
  await runSuites(chosen, {
    begins(suite, test) {
      viewOf(suite.name).begins(test.name);
      say(suite.name);
    },
    ended: (suite, test, outcome) => viewOf(suite.name).ended(test.name, outcome),
    finished: (suite) => viewOf(suite.name).finish(),
  }, signal);
  say(signal.aborted ? "Stopped" : "Done");
  showReport(place, views);
  enter("done");
}

const chosenOf = (views: readonly SuiteView[]) =>
  select(views.map(({ suite }) => suite), only.value);

/** Hides the suites that are not selected. */
function showChosen(views: readonly SuiteView[]): void {
  const names = new Set(chosenOf(views).map(({ name }) => name));
  for (const { suite, element } of views) element.hidden = !names.has(suite.name);
}

async function copyReport(): Promise<void> {
  const said = byId("copied", HTMLElement);
  try {
    await navigator.clipboard.writeText(report.value);
    said.textContent = "Copied.";
  } catch {
    report.select(); // the browser does not let pages write there
    said.textContent = "Not allowed here: it is selected now, press Ctrl+C.";
  }
}

function listen(place: Place, views: readonly SuiteView[]): void {
  let stopping = new AbortController();
  byId("controls", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    if (run.disabled) return;
    stopping = new AbortController();
    runAll(place, views, stopping.signal).catch(showProblem);
  });
  stop.addEventListener("click", () => stopping.abort());
  only.addEventListener("input", () => showChosen(views));
  dated.addEventListener("change", () => showReport(place, views));
  byId("copy", HTMLButtonElement).addEventListener("click", copyReport);
}

function showProblem(error: unknown): void {
  const problem = byId("problem", HTMLElement);
  problem.textContent = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  problem.hidden = false;
  status.textContent = "";
  enter("broken");
}

/** `?only=WORDS` selects, `?run` begins at once. */
async function start(): Promise<void> {
  const query = new URLSearchParams(location.search);
  only.value = query.get("only") ?? "";
  const place = await findPlace();
  showPlace(place);
  const views = (await loadSuites(SUITES)).map((suite) => new SuiteView(suite));
  byId("suites", HTMLElement).replaceChildren(...views.map(({ element }) => element));
  showChosen(views);
  listen(place, views);
  status.textContent = `${totals(views).tests} tests in ${views.length} suites. ` +
    "They take minutes on a software adapter, seconds on a GPU.";
  enter("ready");
  if (query.has("run")) run.click();
}

start().catch(showProblem);
