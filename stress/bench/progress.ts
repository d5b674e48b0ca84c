import { Presets, SingleBar } from "cli-progress";
import { type Cell, type Plan, samplesOf } from "./rounds.ts";

/** The live line on stderr, drawn until it is disposed of; nothing at all where stderr is no terminal. */
export interface Progress extends Disposable {
  /** One more is measured. */
  show(cell: Cell): void;
}

/** The live line of a benchmark. */
export function progressOf(plan: Plan): Progress {
  if (!process.stderr.isTTY) return { show() {}, [Symbol.dispose]() {} };
  const format = "[{bar}] {value} of {total}  {done}  ETA {eta_formatted}";
  const bar = new SingleBar(
    { format, barsize: 20, hideCursor: true, clearOnComplete: true, gracefulExit: false },
    Presets.legacy,
  );
  const turns = plan.measures.reduce((sum, measure) => sum + plan.rounds * samplesOf(plan, measure), 0);
  bar.start(turns * (plan.subjects.length - plan.absent.size), 0, { done: "" });
  return {
    show: ({ measure, subject }) => bar.increment(1, { done: `${measure}: ${subject}` }),
    [Symbol.dispose]: () => bar.stop(),
  };
}
