/// <reference lib="dom" />
import { closenessText, shareText, type SuiteResult, timeText, totals, worstOf } from "./report.ts";
import type { Outcome, Suite } from "./run.ts";
import { make } from "./dom.ts";

const COLUMNS = ["Test", "Worst error of its tolerance", "Share", "Time"];

/** How far a suite or a test is, as `data-state` and style sheets name it. */
type State = "waiting" | "running" | "passed" | "failed";

interface Row {
  readonly element: HTMLTableRowElement;
  readonly cells: readonly HTMLTableCellElement[];
}

/** A suite's line, which opens to its tests. */
export class SuiteView implements SuiteResult {
  readonly outcomes = new Map<string, Outcome>();
  readonly element: HTMLDetailsElement;
  readonly #rows: ReadonlyMap<string, Row>;
  readonly #count = make("span", { className: "count" });
  readonly #worst = make("span", { className: "worst" });
  readonly #share = make("meter", { min: 0, max: 1, hidden: true });
  readonly #time = make("span", { className: "time" });

  constructor(readonly suite: Suite) {
    this.#rows = new Map(suite.tests.map(({ name }) => [name, rowOf(name)]));
    const name = make("span", { className: "name", textContent: suite.name });
    const summary = make("summary", {}, name, this.#count, this.#worst, this.#share, this.#time);
    const head = make("tr", {}, ...COLUMNS.map((textContent) => make("th", { textContent })));
    const rows = [...this.#rows.values()].map(({ element }) => element);
    const table = make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
    this.element = make("details", {}, summary, make("div", { className: "wide" }, table));
    this.clear();
  }

  /** Forgets what ran. */
  clear(): void {
    this.outcomes.clear();
    for (const { element, cells } of this.#rows.values()) {
      element.dataset.state = "waiting" satisfies State;
      for (const cell of cells) cell.textContent = "";
      element.querySelector(".failure")?.remove();
    }
    this.#show("waiting");
  }

  begins(test: string): void {
    this.#rows.get(test)!.element.dataset.state = "running" satisfies State;
    this.#show("running");
  }

  ended(test: string, outcome: Outcome): void {
    this.outcomes.set(test, outcome);
    const { element, cells } = this.#rows.get(test)!;
    const { failure, worst, ms } = outcome;
    element.dataset.state = (failure === null ? "passed" : "failed") satisfies State;
    [closenessText(worst), shareText(worst), timeText(ms)].forEach((text, i) => {
      cells[i].textContent = text;
    });
    if (failure !== null) {
      element.firstElementChild!.append(make("pre", { className: "failure" }, failure));
      this.element.open = true;
    }
    this.#show(totals([this]).failed > 0 ? "failed" : "running");
  }

  /** Nothing more of it is going to run. */
  finish(): void {
    const { ran, failed } = totals([this]);
    this.#show(failed > 0 ? "failed" : ran > 0 ? "passed" : "waiting");
  }

  #show(state: State): void {
    const { tests, ran, failed, ms } = totals([this]);
    const worst = worstOf(this.outcomes.values());
    this.element.dataset.state = state;
    const failures = failed > 0 ? `, ${failed} failed` : "";
    this.#count.textContent = (ran === 0 ? `${tests}` : `${ran} of ${tests}`) + failures;
    this.#worst.textContent = closenessText(worst);
    this.#time.textContent = ran === 0 ? "" : timeText(ms);
    this.#share.hidden = worst === null || worst.limit === 0;
    if (worst && worst.limit > 0) {
      this.#share.value = Math.min(worst.error / worst.limit, 1);
      this.#share.title = `${shareText(worst)} of the tolerance`;
    }
  }
}

function rowOf(name: string): Row {
  const cells = COLUMNS.slice(1).map(() => make("td"));
  const head = make("th", { scope: "row" }, make("span", { className: "name", textContent: name }));
  return { element: make("tr", {}, head, ...cells), cells };
}
