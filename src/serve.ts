import { admit, type Gate } from "./admission/gate.ts";
import { Ended, type Ending } from "./core/ending.ts";
import type { Session } from "./core/session.ts";
import { type ConnectRoute, connect, type Upstream } from "./pool/connect.ts";
import type { Connection, Relayed } from "./transport/transport.ts";

/** How the sessions of one listener are served. */
export interface Route extends ConnectRoute {
  readonly gates: readonly Gate[];
  readonly idleMs: number;
  readonly finMs: number;
  /** Told of a throw that is no ending: a defect, which ends this session alone. */
  readonly onBug: (error: unknown, session: Session) => void;
}

/**
 * The whole life of one connection, which belongs to it from here on. Resolves, and never rejects, when the session has
 * its ending and nothing of it is left: no socket, no place on a backend, no place in a limit.
 */
export async function serve(client: Connection, session: Session, route: Route): Promise<void> {
  try {
    using _pass = admit(session, route.gates);
    using upstream = await connect(session, client, route);
    await relay(session, client, upstream, route);
  } catch (error) {
    session.settle(endingOf(error, session, route));
    dismiss(client, session.ending);
  }
  await client.closed;
}

async function relay(session: Session, client: Connection, upstream: Upstream, route: Route): Promise<void> {
  const { transport, idleMs, finMs, halfClose } = route;
  const options = { idleMs, finMs, halfClose, witness: upstream.lease };
  const relay = transport.relay(client, upstream.connection, options);
  session.carries(relay);
  session.interruptible((how) => relay.cut(how));
  session.settle(wordOf(await relay.done));
}

/** A relay that was cut has its word already, from whoever cut it. */
function wordOf(relayed: Relayed): Ending {
  return relayed === "cut" ? "killed" : relayed;
}

function endingOf(error: unknown, session: Session, route: Route): Ending {
  if (error instanceof Ended) return error.ending;
  route.onBug(error, session);
  return "bug";
}

/** Closes a client that no backend was found for. */
function dismiss(client: Connection, ending: Ending | undefined): void {
  if (ending === "client-gone") client.reset();
  else client.end();
}
