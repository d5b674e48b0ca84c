import { setTimeout as pause } from "node:timers/promises";
import { SingleBar } from "cli-progress";
import { Failure } from "../command/failure.ts";
import { namesOf } from "../contract/backend.ts";
import { parseEndpoint } from "../core/address.ts";
import { readableDuration } from "../core/duration.ts";
import type { AdminClient } from "./admin-client.ts";
import type { BackendStatus, Status } from "./documents.ts";
import type { Place } from "./place.ts";

const LOOK_EVERY_MS = 250;
/** Sessions that were told to end may take so long to be gone. */
const LINGER_MS = 10_000;
const MOST_NAMED = 10;

/** Resolves when no session is left on a backend that drains; rejects with a Failure where it is not to drain any more, or takes too long. */
export async function drained(
  client: AdminClient,
  place: Place,
  withinMs: number | undefined,
): Promise<void> {
  const begunMs = Date.now();
  const bar = barOf();
  try {
    let most = 0;
    for (;;) {
      const backends = await addressesOf(client, place);
      refuseReady(backends, place);
      const left = backends.reduce((sum, { active }) => sum + active, 0);
      if (left === 0) return;
      most = Math.max(most, left);
      bar.show(most - left, most, left);
      const tookMs = Date.now() - begunMs;
      if (tookMs > (withinMs ?? Infinity) + LINGER_MS) throw await tooLong(client, place, left, tookMs);
      await pause(LOOK_EVERY_MS);
    }
  } finally {
    bar.end();
  }
}

/** A backend that is gone has no session left. */
async function addressesOf(client: AdminClient, { pool, backend }: Place): Promise<readonly BackendStatus[]> {
  const { pools } = (await client.ask("GET", "/api/v1/status")) as Status;
  const backends = pools.find(({ name }) => name === pool)?.backends ?? [];
  return backends.filter((each) => isCalled(each, backend));
}

function isCalled({ name, entry, address }: BackendStatus, called: string): boolean {
  if (address === null) return called === entry;
  return namesOf({ name, entry, endpoint: parseEndpoint(address) }).includes(called);
}

function refuseReady(backends: readonly BackendStatus[], { pool, backend }: Place): void {
  const other = backends.find(({ administrative }) => administrative.state.value === "ready");
  if (other !== undefined) throw new Failure(`${pool}/${backend} was made ready meanwhile`);
}

async function tooLong(
  client: AdminClient,
  { pool, backend }: Place,
  left: number,
  tookMs: number,
): Promise<Failure> {
  const answer = await client.ask("GET", "/api/v1/sessions?limit=1000");
  const { sessions } = answer as {
    sessions: readonly { id: string; pool: string; backend: string | null }[];
  };
  const isOn = (each: (typeof sessions)[number]) =>
    each.pool === pool && (each.backend === backend || each.backend?.startsWith(`${backend}@`));
  const ids = sessions.filter(isOn).map(({ id }) => id);
  const named =
    ids.length === 0 ? "" : `: ${ids.slice(0, MOST_NAMED).join(", ")}${ids.length > MOST_NAMED ? " …" : ""}`;
  return new Failure(
    `${left} sessions are left on ${pool}/${backend} after ${readableDuration(tookMs)}${named}`,
  );
}

function barOf() {
  const { stderr } = process;
  const bar = stderr.isTTY
    ? new SingleBar({ format: "[{bar}] {left} sessions left", stream: stderr, clearOnComplete: true })
    : undefined;
  let begun = false;
  return {
    show(done: number, most: number, left: number) {
      if (!begun) bar?.start(most, done, { left });
      begun = true;
      bar?.setTotal(most);
      bar?.update(done, { left });
    },
    end: () => bar?.stop(),
  };
}
