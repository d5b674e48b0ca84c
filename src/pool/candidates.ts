import type { BackendStatus } from "../contract/backend.ts";
import type { Candidate, Decision, PassedOver } from "../contract/decision.ts";
import type { Backend } from "../live/backend.ts";
import type { Lease, Seen } from "./lease.ts";
import type { Tried } from "./tried.ts";

/** How many candidates a decision lists. */
const MOST = 32;
/** The reasons in the order in which a reader wants them: what was skipped, then what could not be chosen, then the rest. */
const ORDER: readonly (PassedOver | undefined)[] = [
  undefined,
  "tried",
  "full",
  "down",
  "ejected",
  "draining",
  "maint",
  "weight-0",
  "backup",
  "ranked-lower",
];

/** What a decision is made from. */
interface Moment {
  readonly members: readonly Backend[];
  readonly statusOf: (backend: Backend) => BackendStatus;
  readonly tried: Tried;
  /** The place that was just taken; undefined: none was. */
  readonly chosen: Lease | undefined;
}

/** The numbers of a backend as they are now. */
export function seenOf({ active, latency }: Backend): Seen {
  return { active, latencyMs: latency.estimateMs() };
}

/** The candidates of a choice as they were before it, in the order of a Decision, and how many more there were. */
export function candidatesOf(moment: Moment): Pick<Decision, "candidates" | "others"> {
  const all = moment.members.map((member) => candidate(member, moment));
  const sorted = ORDER.flatMap((reason) => all.filter(({ passedOver }) => passedOver === reason));
  const others: Partial<Record<PassedOver, number>> = {};
  for (const { passedOver } of sorted.slice(MOST)) {
    if (passedOver !== undefined) others[passedOver] = (others[passedOver] ?? 0) + 1;
  }
  return { candidates: sorted.slice(0, MOST), others };
}

function candidate(backend: Backend, moment: Moment): Candidate {
  const { chosen } = moment;
  const isChosen = backend === chosen?.backend;
  const status = moment.statusOf(backend);
  const numbers = isChosen && chosen.seen !== undefined ? chosen.seen : seenOf(backend);
  const seen = { backend: backend.name, status, weight: backend.weight, ...numbers };
  return isChosen ? seen : { ...seen, passedOver: whyNot(backend, status, moment) };
}

function whyNot(backend: Backend, status: BackendStatus, { tried, chosen }: Moment): PassedOver {
  if (tried.has(backend)) return "tried";
  if (status !== "up") return status;
  if (backend.weight === 0) return "weight-0";
  if (backend.full) return "full";
  const isBehind = backend.settings.backup && chosen !== undefined && !chosen.backend.settings.backup;
  return isBehind ? "backup" : "ranked-lower";
}
