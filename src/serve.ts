import type { AgeLimit } from "./admission/age-limit.ts";
import type { Farewells } from "./admission/farewells.ts";
import { admit, type Gate } from "./admission/gate.ts";
import { identify, type TrustedPeers } from "./admission/identify.ts";
import { refusal } from "./admission/refuse.ts";
import type { Refusal } from "./admission/settings.ts";
import { Ended, type Ending } from "./core/ending.ts";
import type { Session } from "./core/session.ts";
import { type ConnectRoute, connect, type Upstream } from "./pool/connect.ts";
import type { Connection } from "./transport/transport.ts";

/** How the sessions of one listener are served. */
export interface Route extends ConnectRoute {
  /** Asked before the client is identified, and after. */
  readonly entrance: readonly Gate[];
  readonly gates: readonly Gate[];
  /** Peers that must name their client in a PROXY header. */
  readonly trusted: TrustedPeers | undefined;
  readonly refuse: Refusal;
  readonly farewells: Farewells;
  readonly idleMs: number;
  readonly finMs: number;
  readonly ageLimit: AgeLimit;
  /** Infinity where sessions may last as long as they like. */
  readonly maxAgeMs: number;
  /** Told of a throw that is no ending: a defect, which ends this session alone. */
  readonly onBug: (error: unknown, session: Session) => void;
}

/**
 * The whole life of one connection, which belongs to it from here on. Resolves, and never rejects, when the session has
 * its ending and nothing of it is left: no socket, no place on a backend, no place in a limit.
 */
export async function serve(client: Connection, session: Session, route: Route): Promise<void> {
  try {
    using _place = admit(session, route.entrance);
    using _age = route.ageLimit.watch(session, route.maxAgeMs);
    if (route.trusted) await identify(session, client, route.trusted, route.clock);
    using _pass = admit(session, route.gates);
    using upstream = await connect(session, client, route);
    await relay(session, client, upstream, route);
  } catch (error) {
    const ended = endedBy(error, session, route);
    session.settle(ended.ending);
    dismiss(session, client, route.refuse, ended.retryMs);
    await route.farewells.of(client);
  }
  await client.closed;
}

async function relay(session: Session, client: Connection, upstream: Upstream, route: Route): Promise<void> {
  const { transport, idleMs, finMs, halfClose } = route;
  const options = { idleMs, finMs, halfClose, witness: upstream.lease };
  const relay = transport.relay(client, upstream.connection, options);
  session.carries(relay);
  session.interruptible((how) => relay.cut(how));
  const relayed = await relay.done;
  // Whoever cut it has said why.
  if (relayed !== "cut") session.settle(relayed);
}

function endedBy(error: unknown, session: Session, route: Route): Ended {
  if (error instanceof Ended) return error;
  route.onBug(error, session);
  return new Ended("bug");
}

/** Closes a client that no backend was found for, and tells it why in the listener's way. */
function dismiss(session: Session, client: Connection, refuse: Refusal, retryMs: number | undefined): void {
  const ending = session.ending as Ending;
  session.interruptible((how) => {
    if (how === "reset") client.reset();
  });
  // A peer that cannot speak the PROXY protocol is told nothing: there is no client yet. Nor is one that is being answered.
  const untold = ending === "bad-proxy-header" || session.backend !== null;
  const manner = untold ? "close" : refuse;
  const answer = refusal(manner, ending, retryMs);
  // Not awaited: end() sends FIN behind it, and bounds how long that may take.
  if (answer !== undefined) client.write(answer).catch(() => {});
  if (ending === "client-gone" || manner === "reset") client.reset();
  else client.end();
}
