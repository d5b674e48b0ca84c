import { type LiveLine, liveLine } from "../live-line.ts";
import type { Plan } from "../results.ts";
import type { Contender } from "./experiment.ts";

const FORMAT = "{name}, repeat {repeat}/{repeats} [{bar}] {percentage}%  ETA {left}";

/** The live line of an experiment, drawn while a contender has its turn: how many of all requests are done. */
export function progressOf(contenders: readonly Contender[], plan: Plan): LiveLine<Contender> {
  const { repeats, clients, requestsPerClient } = plan;
  const total = clients * (requestsPerClient ?? 0) * repeats * contenders.length;
  const done = () => contenders.reduce((sum, { recording }) => sum + recording.ok + recording.failed, 0);
  return liveLine(FORMAT, (bar) => {
    const beganMs = performance.now();
    bar.start(total, 0, { name: contenders[0]?.name, repeat: 1, repeats, left: "-" });
    return ({ name, recording }) => {
      const left = timeLeft(performance.now() - beganMs, done() / total);
      bar.update(done(), { name, repeat: recording.runs.length + 1, left });
    };
  });
}

/** As long as the rest takes at the pace so far; nothing is said before the first answers. */
function timeLeft(elapsedMs: number, share: number): string {
  return share < 0.01 ? "-" : `${Math.ceil((elapsedMs * (1 - share)) / share / 1000)}s`;
}
