import type { Backend } from "../live/backend.ts";
import type { Algorithm } from "./algorithm.ts";
import { pickLeast } from "./least.ts";
import { ranked, type Taken } from "./ranked.ts";
import { Turns } from "./turns.ts";
import { perVersion } from "./version.ts";

/** One version of equal members, whose turns need no more than a cursor. */
interface Round {
  readonly backends: readonly Backend[];
  readonly equal: boolean;
  next: number;
}

/** Each in turn: a cursor while all weights are equal, smooth weighted turns while they are not. */
export function roundRobin(): Algorithm {
  const turns = new Turns();
  const weighted = pickLeast(() => 0, turns);
  const rounds = perVersion<Round>((backends, previous) => {
    if (previous?.equal) settle(previous, turns);
    return { backends, equal: allEqual(backends), next: foremost(backends, turns) };
  });
  return ranked((backends, taken, client) => {
    const round = rounds(backends);
    return round.equal ? step(round, taken) : weighted(backends, taken, client);
  });
}

function step(round: Round, taken: Taken): number {
  const size = round.backends.length;
  let index = round.next;
  while (taken.has(index)) index = (index + 1) % size;
  round.next = (index + 1) % size;
  return index;
}

function allEqual(backends: readonly Backend[]): boolean {
  return backends.every((backend) => backend.weight === backends[0]?.weight);
}

/** Writes down what a cursor stands for: those before it had their turn in this round, those behind it are owed one. */
function settle({ backends, next }: Round, turns: Turns): void {
  const share = next / backends.length;
  turns.of(backends).forEach((turn, index) => {
    turn.credit = index < next ? share - 1 : share;
  });
}

function foremost(backends: readonly Backend[], turns: Turns): number {
  const credits = turns.of(backends).map((turn) => turn.credit);
  return credits.indexOf(Math.max(...credits));
}
