import type { AdapterReport } from "@fiedler/gpu";
import { type Closeness, inTolerances } from "../../support/close.ts";
import type { Outcome, Suite } from "./run.ts";

/** What the tests ran on. */
export interface Place {
  readonly adapter: AdapterReport;
  /** Of the device, in alphabetic order. */
  readonly features: readonly string[];
  /** Of the device: those that decide which kernels run. */
  readonly limits: Readonly<Record<string, number>>;
  /** As the browser names itself. */
  readonly userAgent: string;
}

/** One suite's part of a report. */
export interface SuiteResult {
  readonly suite: Suite;
  /** By name; without the tests that did not run. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

/** How many tests there are, ran, and failed, and how long they took. */
export interface Totals {
  readonly tests: number;
  readonly ran: number;
  readonly failed: number;
  readonly ms: number;
}

/** Counts results. */
export function totals(results: readonly SuiteResult[]): Totals {
  const outcomes = results.flatMap(({ outcomes }) => [...outcomes.values()]);
  return {
    tests: results.reduce((sum, { suite }) => sum + suite.tests.length, 0),
    ran: outcomes.length,
    failed: outcomes.filter(({ failure }) => failure !== null).length,
    ms: outcomes.reduce((sum, { ms }) => sum + ms, 0),
  };
}

/** `"42 passed, 1 failed of 50"`. */
export const totalsText = ({ tests, ran, failed }: Totals): string =>
  `${ran - failed} passed, ${failed} failed of ${tests}`;

/** The comparison that came nearest to its limit, or went farthest beyond. */
export function worstOf(outcomes: Iterable<Outcome>): Closeness | null {
  let worst: Closeness | null = null;
  for (const { worst: one } of outcomes) {
    if (one && (!worst || inTolerances(one) > inTolerances(worst))) worst = one;
  }
  return worst;
}

/** `"3.1e-7 of 1.0e-6"`, `"same"` where nothing else is allowed, or nothing. */
export function closenessText(worst: Closeness | null): string {
  if (worst === null) return "";
  const { error, limit } = worst;
  if (limit === 0 && error === 0) return "same";
  return `${number(error)} of ${number(limit)}`;
}

/** `"31 %"` of the tolerance. */
export function shareText(worst: Closeness | null): string {
  if (worst === null || (worst.limit === 0 && worst.error === 0)) return "";
  const share = inTolerances(worst);
  return Number.isFinite(share) ? `${(100 * share).toFixed(share < 0.095 ? 1 : 0)} %` : "beyond";
}

/** `"820 ms"`, `"4.2 s"`. */
export const timeText = (ms: number): string =>
  ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;

/** A report in Markdown, to be put under an issue. */
export function reportText(place: Place, results: readonly SuiteResult[], date: string): string {
  const all = totals(results);
  const failures = results.flatMap(({ suite, outcomes }) =>
    [...outcomes].flatMap(([name, { failure }]) =>
      failure === null ? [] : [`- **${suite.name}** › ${name}\n\n${indented(failure)}`]
    )
  );
  return [
    "# Fiedler conformance",
    ...placeLines(place),
    `- ${totalsText(all)} tests, ${timeText(all.ms)}${date && `, ${date}`}`,
    ...(failures.length > 0 ? ["", "## Failures", "", ...failures] : []),
    "",
    ...table(results.filter(({ outcomes }) => outcomes.size > 0)),
    "",
  ].join("\n");
}

/** What it ran on, one fact a line. */
export function placeFacts(place: Place): [name: string, value: string][] {
  const { vendor, architecture, description, software, subgroupSize } = place.adapter;
  return [
    ["Adapter", description + (software ? " (software)" : "")],
    ["Vendor, architecture", [vendor, architecture].filter(Boolean).join(", ") || "not told"],
    ["Subgroups", subgroupSize === null ? "none of one fixed size" : `of ${subgroupSize}`],
    ["Features", place.features.join(", ") || "none"],
    ["Limits", Object.entries(place.limits).map(([key, value]) => `${key} ${value}`).join(", ")],
    ["Browser", place.userAgent],
  ];
}

const placeLines = (place: Place) => [
  "",
  ...placeFacts(place).map(([name, value]) => `- ${name}: ${value}`),
];

function table(results: readonly SuiteResult[]): string[] {
  const rows = results.map(({ suite, outcomes }) => {
    const worst = worstOf(outcomes.values());
    const { ms, failed } = totals([{ suite, outcomes }]);
    const passed = `${outcomes.size - failed} of ${suite.tests.length}`;
    const cells = [suite.name, passed, closenessText(worst), shareText(worst), timeText(ms)];
    return `| ${cells.join(" | ")} |`;
  });
  return ["| suite | passed | worst error of its tolerance | share | time |"]
    .concat("| --- | ---: | ---: | ---: | ---: |", rows);
}

const indented = (text: string) => text.split("\n").map((line) => `      ${line}`).join("\n");

/** Two digits: `"3.1e-7"`, `"0.012"`. */
const number = (value: number): string =>
  value > 0 && value < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
