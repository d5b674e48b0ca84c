import { Failure } from "../command/failure.ts";
import { escaped } from "../config/shown.ts";
import type { Clock } from "../core/clock.ts";
import { readableDuration } from "../core/duration.ts";
import { type AdminClient, Refused } from "./admin-client.ts";
import { type BackendDocument, backend, sessions } from "./documents.ts";
import { named, type Place, pathOf } from "./place.ts";
import { ProgressBar } from "./progress-bar.ts";

const LOOK_EVERY_MS = 250;
/** Sessions that were told to end may take so long to be gone. */
const LINGER_MS = 10_000;
const MOST_NAMED = 10;
const NOT_FOUND = 404;

type Asking = Pick<AdminClient, "ask">;

/** How long to wait. */
interface Patience {
  /** The time in which sessions are taken off it; default: they end by themselves. */
  readonly withinMs?: number | undefined;
  readonly clock: Clock;
}

/**
 * Resolves when no session is left on a backend that drains; rejects with a Failure where it is not to drain any more, or is
 * gone, or where that takes 10 s longer than `withinMs`.
 */
export async function drained(
  client: Asking,
  place: Place,
  { withinMs = Infinity, clock }: Patience,
): Promise<void> {
  const begunMs = clock.now();
  using bar = new ProgressBar();
  for (;;) {
    const now = await lookAt(client, place);
    refuseReady(now, place);
    const left = now.members.reduce((sum, { active }) => sum + active, 0);
    if (left === 0) return;
    bar.show(left);
    const tookMs = clock.now() - begunMs;
    if (tookMs > withinMs + LINGER_MS) throw await tooLong(client, place, { now, left, tookMs });
    await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
  }
}

async function lookAt(client: Asking, place: Place): Promise<BackendDocument> {
  return client.ask({ method: "GET", path: pathOf(place), answer: backend }).catch((error) => {
    throw error instanceof Refused && error.status === NOT_FOUND
      ? new Failure(`${named(place)} was removed meanwhile: what it had left is not counted any more`)
      : error;
  });
}

function refuseReady({ state, members }: BackendDocument, place: Place): void {
  if (state === "ready") throw new Failure(`${named(place)} was made ready meanwhile`);
  const other = members.find((member) => member.state === "ready");
  if (other === undefined) return;
  throw new Failure(
    `${escaped(place.pool)}/${escaped(other.name)} is ready by a word about that address alone: drain it, too`,
  );
}

interface Late {
  readonly now: BackendDocument;
  readonly left: number;
  readonly tookMs: number;
}

async function tooLong(client: Asking, place: Place, { now, left, tookMs }: Late): Promise<Failure> {
  const path = "/api/v1/sessions?limit=1000";
  const oldest = await client.ask({ method: "GET", path, answer: sessions });
  const names = new Set<string | null>(now.members.map(({ name }) => name));
  const ids = oldest.sessions
    .filter(({ pool, backend: on }) => pool === place.pool && names.has(on))
    .map(({ id }) => id);
  const some = ids.slice(0, MOST_NAMED).map(escaped).join(", ");
  const which = ids.length === 0 ? "" : `: ${some}${left > Math.min(ids.length, MOST_NAMED) ? " …" : ""}`;
  return new Failure(
    `${sessionsText(left)} left on ${named(place)} after ${readableDuration(tookMs)}${which}`,
  );
}

function sessionsText(count: number): string {
  return count === 1 ? "1 session is" : `${count} sessions are`;
}
