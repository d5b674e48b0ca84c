import { type LiveLine, liveLine } from "../live-line.ts";
import { type Cell, cellsOf, type Plan } from "./rounds.ts";

const FORMAT = "[{bar}] {value} of {total}  {done}  ETA {eta_formatted}";

/** The live line of a benchmark: one step for each cell that is measured. */
export function progressOf(plan: Plan): LiveLine<Cell> {
  return liveLine(FORMAT, (bar) => {
    bar.start(cellsOf(plan), 0, { done: "" });
    return ({ measure, subject }) => bar.increment(1, { done: `${measure}: ${subject}` });
  });
}
