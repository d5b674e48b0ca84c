import type { Results } from "../results.ts";
import { shortened } from "./labels.ts";
import { type Look, lookOf } from "./look.ts";

/** One answered request: when it was answered, counted from the start of its repeat, and how long that took. */
interface Answer {
  readonly repeat: number;
  readonly atMs: number;
  readonly responseMs: number;
}

/** One results file as every chart shows it: under one name, in one look. */
export interface Run {
  readonly name: string;
  /** The name, where it is long its two ends, and what is wrong with the run where something is. */
  readonly label: string;
  readonly look: Look;
  readonly results: Results;
  readonly answers: readonly Answer[];
  /** The response times of all answers in ms, ascending. */
  readonly responseMs: Float64Array;
  /** The same for each repeat alone. */
  readonly repeats: readonly Float64Array[];
}

/** The results as run number `index` of a picture. */
export function runOf(name: string, results: Results, index: number): Run {
  const answers = answersOf(results);
  const short = shortened(name);
  const label = results.status === "valid" ? short : `${short} (${results.status.toUpperCase()})`;
  const repeats = Array.from({ length: results.plan.repeats }, (_, repeat) =>
    ascending(answers.filter((answer) => answer.repeat === repeat)),
  );
  return { name, label, look: lookOf(index), results, answers, responseMs: ascending(answers), repeats };
}

// The rule of the results file: a request with a moment it was meant for has waited since that moment, any other since it
// was sent. Moments count from the start of the repeat.
function answersOf({ samples }: Results): Answer[] {
  const { startUs, intendedUs, latencyUs, connectUs, run } = samples;
  return latencyUs.flatMap((latency, i) => {
    if (latency < 0) return [];
    const answeredUs = (startUs[i] as number) + Math.max(0, connectUs[i] as number) + latency;
    const intended = intendedUs?.[i];
    return {
      repeat: run[i] as number,
      atMs: answeredUs / 1000,
      responseMs: (intended === undefined ? latency : answeredUs - intended) / 1000,
    };
  });
}

function ascending(answers: readonly Answer[]): Float64Array {
  return Float64Array.from(answers, ({ responseMs }) => responseMs).sort();
}
