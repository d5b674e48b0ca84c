import { Presets, SingleBar } from "cli-progress";
import type { Plan } from "../results.ts";
import type { Contender } from "./experiment.ts";

const FORMAT = "{name}, repeat {repeat}/{repeats} [{bar}] {percentage}%  ETA {left}";

/** A live line on stderr, drawn until it is disposed of; nothing at all where stderr is no terminal. */
export interface Progress extends Disposable {
  /** Draws the state while this contender has its turn. */
  show(contender: Contender): void;
}

/** The live line of an experiment: how many of all requests are done. */
export function progressOf(contenders: readonly Contender[], plan: Plan): Progress {
  if (!process.stderr.isTTY) return { show() {}, [Symbol.dispose]() {} };
  const { repeats, clients, requestsPerClient } = plan;
  const total = clients * (requestsPerClient ?? 0) * repeats * contenders.length;
  const done = () => contenders.reduce((sum, { recording }) => sum + recording.ok + recording.failed, 0);
  const bar = new SingleBar(
    {
      format: FORMAT,
      barsize: 30,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      stream: process.stderr,
    },
    Presets.legacy,
  );
  const beganMs = performance.now();
  bar.start(total, 0, { name: contenders[0]?.name, repeat: 1, repeats, left: "-" });
  return {
    show({ name, recording }) {
      const share = done() / total;
      const left = timeLeft(performance.now() - beganMs, share);
      bar.update(done(), { name, repeat: recording.runs.length + 1, left });
    },
    [Symbol.dispose]: () => bar.stop(),
  };
}

/** As long as the rest takes at the pace so far; nothing is said before the first answers. */
function timeLeft(elapsedMs: number, share: number): string {
  return share < 0.01 ? "-" : `${Math.ceil((elapsedMs * (1 - share)) / share / 1000)}s`;
}
