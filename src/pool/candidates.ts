import type { BackendStatus } from "../contract/backend.ts";
import type { Candidate, Decision, PassedOver } from "../contract/decision.ts";
import type { Backend } from "../live/backend.ts";
import type { Lease, Seen } from "./lease.ts";
import type { Tried } from "./tried.ts";

/** How many candidates a decision lists. */
const MOST = 32;
/** The reasons in the order in which a reader wants them: what was skipped, then what could not be chosen, then the rest. */
const ORDER = [
  "tried",
  "full",
  "down",
  "ejected",
  "draining",
  "maint",
  "weight-0",
  "backup",
  "ranked-lower",
  "not-ranked",
] as const satisfies readonly PassedOver[];

/** What a decision is made from. */
interface Moment {
  readonly members: readonly Backend[];
  readonly statusOf: (backend: Backend) => BackendStatus;
  /** Since when a backend has its status, as Unix time in milliseconds. */
  readonly sinceMs: (backend: Backend) => number;
  readonly tried: Tried;
  /** The place that was just taken; undefined: none was. */
  readonly chosen: Lease | undefined;
}

/** Backends that were passed over for one reason: how many, and the first of them. */
interface Passed {
  count: number;
  readonly first: Backend[];
}

/** The numbers of a backend as they are now. */
export function seenOf({ active, latency }: Backend): Seen {
  return { active, latencyMs: latency.estimateMs() };
}

/**
 * The candidates of a choice as they were before it, in the order of a Decision, and how many more there were. One look at each
 * member; what costs more is done for the candidates that are listed.
 */
export function candidatesOf(moment: Moment): Pick<Decision, "candidates" | "others"> {
  const passed = passedOver(moment);
  const candidates = moment.chosen === undefined ? [] : [chosenCandidate(moment.chosen, moment)];
  const others: Partial<Record<PassedOver, number>> = {};
  for (const reason of ORDER) {
    const { first, count } = passed[reason];
    const listed = first.slice(0, MOST - candidates.length);
    candidates.push(...listed.map((each) => ({ ...candidate(each, moment), passedOver: reason })));
    if (count > listed.length) others[reason] = count - listed.length;
  }
  return { candidates, others };
}

function passedOver(moment: Moment): Record<PassedOver, Passed> {
  const none = ORDER.map((reason) => [reason, { count: 0, first: [] }] as const);
  const passed = Object.fromEntries(none) as unknown as Record<PassedOver, Passed>;
  const chosen = moment.chosen?.backend;
  for (const member of moment.members) {
    if (member === chosen) continue;
    const found = passed[whyNot(member, moment)];
    found.count += 1;
    if (found.first.length < MOST) found.first.push(member);
  }
  return passed;
}

function chosenCandidate(chosen: Lease, moment: Moment): Candidate {
  return { ...candidate(chosen.backend, moment), ...chosen.seen };
}

function candidate(backend: Backend, { statusOf, sinceMs }: Moment): Candidate {
  const status = statusOf(backend);
  const since = status === "up" ? {} : { sinceMs: sinceMs(backend) };
  return { backend: backend.name, status, ...since, weight: backend.weight, ...seenOf(backend) };
}

function whyNot(backend: Backend, { statusOf, tried, chosen }: Moment): PassedOver {
  if (tried.has(backend)) return "tried";
  // Of one that may get a session it is known without asking for its status.
  const status = backend.usable ? "up" : statusOf(backend);
  if (status !== "up") return status;
  if (backend.weight === 0) return "weight-0";
  if (backend.full) return "full";
  if (chosen?.how !== "ranked" && chosen?.how !== "late") return "not-ranked";
  return backend.settings.backup && !chosen.backend.settings.backup ? "backup" : "ranked-lower";
}
