import { Presets, SingleBar } from "cli-progress";
import type { Cell, Plan } from "./rounds.ts";

/** The live line on stderr, drawn until it is disposed of; nothing at all where stderr is no terminal. */
export interface Progress extends Disposable {
  /** One more is measured. */
  show(cell: Cell): void;
}

/** The live line of a benchmark. */
export function progressOf({ subjects, absent, measures, rounds }: Plan): Progress {
  if (!process.stderr.isTTY) return { show() {}, [Symbol.dispose]() {} };
  const format = "[{bar}] {value} of {total}  {done}  ETA {eta_formatted}";
  const bar = new SingleBar(
    { format, barsize: 20, hideCursor: true, clearOnComplete: true, gracefulExit: false },
    Presets.legacy,
  );
  bar.start((subjects.length - absent.size) * measures.length * rounds, 0, { done: "" });
  return {
    show: ({ round, subject, measure }) =>
      bar.increment(1, { done: `round ${round + 1}, ${measure}: ${subject}` }),
    [Symbol.dispose]: () => bar.stop(),
  };
}
