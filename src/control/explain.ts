import type { AlgorithmName } from "../contract/algorithm.ts";
import type { Candidate, Decision, DecisionLog, PassedOver, Unrecorded } from "../contract/decision.ts";
import { readableDuration } from "../core/duration.ts";

/** How many backends that were passed over for one reason are named. */
const NAMED = 3;
/** What `peak-ewma` takes for the same wait, as the larger of two by the smaller. */
const ALIKE = 2;

/** A choice by a ranking: whom it was between. */
interface Ranked {
  readonly chosen: Candidate;
  /** The lower ranks, as far as they are listed. */
  readonly rivals: readonly Candidate[];
  /** How many backends there were to rank, the chosen one among them. */
  readonly among: number;
  readonly client: string;
}

/** Says why the chosen backend stood first, after its name. */
type Rule = (ranked: Ranked) => string;

/** One rule per algorithm. */
const RULES: Readonly<Record<AlgorithmName, Rule>> = {
  "round-robin": (ranked) => `its turn${isWeighed(ranked) ? " by weight" : ""}, of ${ranked.among}`,
  "least-connections": (ranked) => {
    const [rival] = sortedBy(ranked.rivals, loadOf);
    const isWeighty = isWeighed(ranked);
    const least = `${loadText(ranked.chosen, isWeighty)}, the fewest of ${ranked.among}${isWeighty ? " by weight" : ""}`;
    if (rival === undefined) return least;
    const isEqual = loadOf(rival) <= loadOf(ranked.chosen);
    return isEqual
      ? `${least}; ${rival.backend} had as few, and it was the turn of ${ranked.chosen.backend}`
      : `${least}; ${rival.backend} had ${loadText(rival, isWeighty)}`;
  },
  random: (ranked) => `drawn at random${isWeighed(ranked) ? " by weight" : ""}, of ${ranked.among}`,
  p2c: (ranked) => {
    const own = loadText(ranked.chosen, isWeighed(ranked));
    return ranked.among === 1 ? own : `${own}, and the other of two drawn at random had no fewer`;
  },
  "peak-ewma": ({ chosen, rivals, among }) => {
    const soonest = `${waitText(chosen)}, the soonest of ${among}`;
    const [rival] = sortedBy(rivals, waitOf);
    if (rival === undefined) return soonest;
    const isAlike = waitOf(rival) < ALIKE * Math.max(1, waitOf(chosen));
    return `${soonest}; ${rival.backend} had ${waitText(rival)}${isAlike ? ", much the same" : ""}`;
  },
  "source-hash": ({ client, among }) => `where the address ${client} leads by its hash, of ${among}`,
  maglev: ({ client, among }) => `where the table leads the address ${client}, of ${among}`,
  first: ({ among }) => `the first as they are written, of ${among} that could be had`,
};

/** How a place came about, or why there was none. */
const WAYS: Readonly<Record<Decision["how"], (decision: Decision) => string>> = {
  ranked: byRule,
  late: (decision) => `${byRule(decision)}; ranked anew, as the first ranking had none left`,
  queued: ({ chosen }) => `${chosen}: the first place that became free for it in the queue`,
  "last-resort": ({ chosen }) => `${chosen}: ejected, but the last resort, as nothing else was left`,
  "no-backend": () => "no backend: none may get a session",
  "all-tried": () => "no backend: all that may get a session were dialled in vain",
  "retry-budget": () => "no backend: the retries of the last 10 s have used up their budget",
  "queue-full": () => "no backend: all that may get a session are full, and so is the queue",
  "queue-timeout": () => "no backend: no place became free in the queue's time",
};

/** What is said of backends that were passed over; undefined: the rule has said it, or there is nothing to say. */
const PASSED: Readonly<Record<PassedOver, string | undefined>> = {
  tried: "was dialled before, in vain",
  full: "has no place",
  down: "is down",
  ejected: "is ejected",
  draining: "is draining",
  maint: "is in maintenance",
  "weight-0": "has weight 0",
  backup: "is a backup",
  "ranked-lower": undefined,
  "not-ranked": undefined,
};

const UNRECORDED: Readonly<Record<Unrecorded, string>> = {
  off: "it was not recorded, because recording was off",
  before: "it was not recorded: it came before recording began",
  "left-out":
    "it was not recorded: more than 100 chose in its second, more than 1 000 have chosen since, or it has not chosen",
  "no-choice": "it has not chosen: it still waits, or was refused before",
  unknown: "there was no such session",
};
const HOW_TO_RECORD =
  "decisions are recorded for a minute after each time they are asked for, or always with `admin: { decisions: always }`";

/** Why a session got its backend, or none, in one plain sentence. */
export function explained(decision: Decision): string {
  return [WAYS[decision.how](decision), ...passedOver(decision)].join("; ");
}

/** Why there is no decision of the session that was asked for, and how to have the next one; undefined where there is one. */
export function whyUnrecorded({ unrecorded }: DecisionLog): string | undefined {
  if (unrecorded === undefined) return undefined;
  const reason = UNRECORDED[unrecorded];
  return unrecorded === "unknown" ? reason : `${reason}; ${HOW_TO_RECORD}`;
}

function byRule({ algorithm, candidates, others, client }: Decision): string {
  const [chosen, ...passed] = candidates as [Candidate, ...Candidate[]];
  const rivals = passed.filter(({ passedOver }) => passedOver === "ranked-lower");
  const among = 1 + rivals.length + (others["ranked-lower"] ?? 0);
  return `${chosen.backend}: ${RULES[algorithm]({ chosen, rivals, among, client })}`;
}

function* passedOver({ candidates, others, atMs }: Decision): Iterable<string> {
  for (const reason of Object.keys(PASSED) as PassedOver[]) {
    const words = PASSED[reason];
    const listed = candidates.filter((each) => each.passedOver === reason);
    if (words === undefined || listed.length === 0) continue;
    for (const each of listed.slice(0, NAMED)) yield `${each.backend} ${words}${since(each, atMs)}`;
    const more = listed.length - Math.min(NAMED, listed.length) + (others[reason] ?? 0);
    if (more > 0) yield `the same holds of ${more} more`;
  }
}

function since({ sinceMs, passedOver }: Candidate, nowMs: number): string {
  if (sinceMs === undefined || passedOver === "tried") return "";
  const [day, time = ""] = new Date(sinceMs).toISOString().split("T");
  const [today] = new Date(nowMs).toISOString().split("T");
  return ` since ${day === today ? "" : `${day} `}${time.slice(0, 5)} UTC`;
}

function loadOf({ active, weight }: Candidate): number {
  return active / weight;
}

function waitOf({ latencyMs, active, weight }: Candidate): number {
  return latencyMs * (1 + active / weight);
}

function sortedBy(candidates: readonly Candidate[], measure: (candidate: Candidate) => number): Candidate[] {
  return [...candidates].sort((one, other) => measure(one) - measure(other));
}

function isWeighed({ chosen, rivals }: Ranked): boolean {
  return rivals.some(({ weight }) => weight !== chosen.weight);
}

function loadText({ active, weight }: Candidate, isWeighty: boolean): string {
  const sessions = active === 1 ? "1 session" : `${active} sessions`;
  return isWeighty ? `${sessions} at weight ${rounded(weight)}` : sessions;
}

function waitText(candidate: Candidate): string {
  const { latencyMs } = candidate;
  const wait = latencyMs < 1_000 ? `${rounded(latencyMs)} ms` : readableDuration(latencyMs);
  return `${wait} to wait with ${loadText(candidate, false)}`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
