import { GpuError, GpuLostError } from "@fiedler/gpu";

/** One question of tuning: which form is best for products of one class of shapes. */
export interface TuningCase<F extends object = object> {
  /** Kernels with a choice of forms, such as `"matmul"`. */
  readonly family: string;
  /** Such as `"large"`. */
  readonly shapeClass: string;
  /** What is computed, for people: `"1576 × 768 × 768"`. */
  readonly shape: string;
  /** The default of the adapter's class first, then the most promising. */
  readonly forms: readonly [F, ...F[]];
}

/** What was found out about a form. */
export interface TimedForm {
  /** In plain words and numbers. */
  readonly form: object;
  /** Milliseconds a call, the least of its last timings; null where it was not timed, */
  readonly ms: number | null;
  /** for this reason. */
  readonly why: string | null;
}

/** What was found out about one class of shapes. */
export interface TunedCase {
  /** Kernels with a choice of forms, such as `"matmul"`. */
  readonly family: string;
  /** Such as `"large"`. */
  readonly shapeClass: string;
  /** What is computed, for people. */
  readonly shape: string;
  /** Every form that was considered, the default first. */
  readonly timed: readonly TimedForm[];
  /** The form to take: the default, unless another one was faster by 5 %. */
  readonly chosen: object;
  /** Whether time ran out before every form was timed and the best one confirmed. */
  readonly cutShort: boolean;
}

/** Times a form of a case: milliseconds a call. The first time it compiles. */
export type Measure = (question: TuningCase, form: object) => Promise<number>;

/** Options of {@linkcode chooseForms}. */
export interface ChooseOptions {
  /** Wall time for all cases. */
  readonly budgetMs: number;
  /** Milliseconds of any clock. */
  readonly now: () => number;
  /** Times a form. */
  readonly measure: Measure;
  /** Told before each form. */
  readonly onProgress?: (step: TuningStep) => void;
}

/** How far tuning is. */
export interface TuningStep {
  /** Forms that were timed, or could not be. */
  readonly done: number;
  /** Forms there are. */
  readonly total: number;
  /** What is timed next. */
  readonly family: string;
  /** The class of its shapes. */
  readonly shapeClass: string;
}

/** A form must need less than this share of the default's time, so that noise changes nothing. */
export const MARGIN = 0.95;

/** Why a form was not timed, where time ran out. */
export const NO_TIME = "no time left";

/**
 * Answers each case in turn, with an equal share of what time is left. Before each form it looks at
 * the clock: a form begins within the share of its case, and only if as slow a one as the slowest of
 * the case so far would end before all time is over.
 *
 * @throws {GpuLostError} when the device is lost; what else goes wrong with a form is its `why`.
 */
export async function chooseForms(
  cases: readonly TuningCase[],
  { budgetMs, now, measure, onProgress }: ChooseOptions,
): Promise<TunedCase[]> {
  const end = now() + budgetMs;
  const total = cases.reduce((sum, { forms }) => sum + forms.length, 0);
  const answers: TunedCase[] = [];
  let before = 0;
  for (const [i, question] of cases.entries()) {
    const { family, shapeClass, forms } = question;
    const share = Math.max(0, end - now()) / (cases.length - i);
    const told: Measure = (question, form) => {
      const done = before + Math.max(0, forms.indexOf(form));
      onProgress?.({ done, total, family, shapeClass });
      return measure(question, form);
    };
    answers.push(await answer(question, { share: now() + share, all: end }, now, told));
    before += forms.length;
  }
  return answers;
}

async function answer(
  question: TuningCase,
  ends: { readonly share: number; readonly all: number },
  now: () => number,
  measure: Measure,
): Promise<TunedCase> {
  const { forms, ...about } = question;
  const timed: TimedForm[] = [];
  let slowest = 0;
  for (const form of forms) {
    const start = now();
    if (start >= ends.share || start + slowest >= ends.all) {
      timed.push({ form, ms: null, why: NO_TIME });
      continue;
    }
    timed.push(await timedForm(question, form, measure));
    slowest = Math.max(slowest, now() - start);
  }
  const [standard, ...others] = timed;
  const rival = others.filter(({ ms }) => ms !== null).sort((a, b) => a.ms! - b.ms!)[0];
  let cutShort = timed.some(({ why }) => why === NO_TIME);
  let chosen = standard.form;
  if (rival && winner([standard, rival]) === rival) {
    if (now() < ends.all) {
      const verdict = await duel(question, standard, rival, measure);
      for (const one of verdict) timed[timed.findIndex(({ form }) => form === one.form)] = one;
      chosen = winner(verdict).form;
    } else cutShort = true;
  }
  return { ...about, timed, chosen, cutShort };
}

async function timedForm(
  question: TuningCase,
  form: object,
  measure: Measure,
): Promise<TimedForm> {
  try {
    return { form, ms: await measure(question, form), why: null };
  } catch (error) {
    if (!(error instanceof GpuError) || error instanceof GpuLostError) throw error;
    return { form, ms: null, why: error.message };
  }
}

/**
 * Times the default and the fastest of the others once more, now that both are compiled and the
 * device is as warm as it gets: the first form of all has met it cold, and the fastest of many may
 * owe that to luck.
 */
async function duel(
  question: TuningCase,
  standard: TimedForm,
  rival: TimedForm,
  measure: Measure,
): Promise<readonly [TimedForm, TimedForm]> {
  const first = await timedForm(question, standard.form, measure);
  return [first, await timedForm(question, rival.form, measure)];
}

const winner = ([standard, rival]: readonly [TimedForm, TimedForm]): TimedForm =>
  rival.ms !== null && (standard.ms === null || rival.ms < MARGIN * standard.ms) ? rival : standard;
