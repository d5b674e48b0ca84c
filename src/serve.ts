import type { AgeLimit } from "./admission/age-limit.ts";
import type { Doorway } from "./admission/doorway.ts";
import type { Farewells } from "./admission/farewells.ts";
import { admit } from "./admission/gate.ts";
import { identify } from "./admission/identify.ts";
import { refusal } from "./admission/refuse.ts";
import type { Refusal } from "./contract/admission.ts";
import type { ListenerSettings } from "./contract/listener.ts";
import type { Tell } from "./contract/report.ts";
import { Ended, type Ending } from "./core/ending.ts";
import type { Session } from "./live/session.ts";
import { type ConnectRoute, connect, type Upstream } from "./pool/connect.ts";
import type { Connection, Relay } from "./transport/transport.ts";

/** How the sessions of one listener are served: its settings, and what serves them. */
export interface Route extends ConnectRoute {
  readonly settings: ListenerSettings;
  readonly doorway: Doorway;
  readonly ageLimit: AgeLimit;
  readonly farewells: Farewells;
  readonly report: Tell;
}

/**
 * The whole life of one connection, which belongs to it from here on. Resolves, and never rejects, when the session has
 * its ending and nothing of it is left: no socket, no place on a backend, no place in a limit.
 */
export async function serve(client: Connection, session: Session, route: Route): Promise<void> {
  const { doorway, settings, clock } = route;
  try {
    session.routed(route.pool.name);
    using _place = admit(session, doorway.entrance);
    using _age = route.ageLimit.watch(session, settings.maxAgeMs);
    if (doorway.trusted) await identify(session, client, doorway.trusted, clock);
    using _pass = admit(session, doorway.gates);
    using upstream = await connect(session, client, route);
    const relayed = await relayOf(session, client, upstream, route).done;
    // Only `session.end` cuts, and it has settled the ending.
    if (relayed !== "cut") session.settle(relayed);
  } catch (error) {
    // What the session held has been given back by now: a refused client that is on its way out takes no place.
    const ended = endedBy(error, session, route);
    session.settle(ended.ending);
    dismiss(session, client, settings.refuse, ended.retryMs);
    await route.farewells.waitFor(client);
  }
  // Mostly it is by now, and a wait for nothing costs as much as a system call.
  if (!client.isClosed) await client.closed;
}

function relayOf(session: Session, client: Connection, upstream: Upstream, route: Route): Relay {
  const { idleMs, finMs, halfClose } = route.settings;
  const options = { idleMs, finMs, halfClose, witness: upstream.lease };
  const relay = route.transport.relay(client, upstream.connection, options);
  session.carries(relay);
  session.interruptible((how) => relay.cut(how));
  return relay;
}

function endedBy(error: unknown, session: Session, { report }: Route): Ended {
  if (error instanceof Ended) return error;
  report({ kind: "bug", session: session.id, error: textOf(error) });
  return new Ended("bug");
}

/** Closes the client of a session that was refused or failed, and tells it why in the listener's way. */
function dismiss(session: Session, client: Connection, refuse: Refusal, retryMs: number | undefined): void {
  const ending = session.ending as Ending;
  session.interruptible((how) => {
    if (how === "reset") client.reset();
  });
  // A peer that cannot speak the PROXY protocol is no client yet; and after a defect a backend may have answered already.
  const untold = ending === "bad-proxy-header" || session.answeredBy !== null;
  const manner = untold ? "close" : refuse;
  const answer = refusal(manner, ending, retryMs);
  // Not awaited: end() sends FIN behind it, and bounds how long that may take.
  if (answer !== undefined) client.write(answer).catch(() => {});
  if (ending === "client-gone" || manner === "reset") client.reset();
  else client.end();
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
