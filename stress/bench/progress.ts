import { type LiveLine, liveLine } from "../live-line.ts";
import { type Cell, type Plan, samplesOf } from "./rounds.ts";

const FORMAT = "[{bar}] {value} of {total}  {done}  ETA {eta_formatted}";

/** The live line of a benchmark: one step for each cell that is measured. */
export function progressOf(plan: Plan): LiveLine<Cell> {
  const turns = plan.measures.reduce((sum, measure) => sum + plan.rounds * samplesOf(plan, measure), 0);
  return liveLine(FORMAT, (bar) => {
    bar.start(turns * (plan.subjects.length - plan.absent.size), 0, { done: "" });
    return ({ measure, subject }) => bar.increment(1, { done: `${measure}: ${subject}` });
  });
}
