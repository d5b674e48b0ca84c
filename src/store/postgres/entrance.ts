import type { Clock } from "../../core/clock.ts";
import { StoreRefused } from "../refusals.ts";
import type { Json } from "../seam.ts";
import { migrate } from "./schema.ts";
import { Session, type SessionParts } from "./session.ts";
import { ALL_BACKENDS, ALL_CLIENTS, ENTER_NODE, LISTEN, SET_UP, TAKE_NODE, TOKENS } from "./statements.ts";

const CONNECT_MS = 3_000;
const LOOK_MS = 5_000;
/** Less than what we wait for an answer, so that a slow database says itself that it kept nothing. */
const STATEMENT_MS = 800;
/** A balancer that was just ended may still hold its node. */
const NODE_TRIES = 10;
const NODE_PAUSE_MS = 100;

/** One client as it stands in the database. */
export interface ClientRow {
  readonly key: string;
  /** Another one with each change. */
  readonly version: string;
  readonly value: string;
}

/** A connection that holds the node, hears of changes, and can write; and what was kept when it came. */
export interface Entered {
  readonly session: Session;
  readonly clients: readonly ClientRow[];
  readonly backends: ReadonlyMap<string, Json>;
  readonly tokens: ReadonlyMap<string, number>;
  readonly tokensAtMs: number | undefined;
}

/** Connects, makes the tables where they are missing, takes the node, and looks at everything. Rejects with StoreRefused or a database's error. */
export async function enter(node: string, parts: SessionParts): Promise<Entered> {
  const session = await Session.open(parts, CONNECT_MS);
  try {
    await session.query(SET_UP, [String(LOOK_MS)], LOOK_MS);
    await migrate(session);
    await takeNode(session, node, parts.clock);
    await session.query(ENTER_NODE, [node], LOOK_MS);
    // Before the look: what changes after it is heard.
    await session.query(LISTEN, [], LOOK_MS);
    const entered = await look(session, node);
    await session.query(SET_UP, [String(STATEMENT_MS)], LOOK_MS);
    return entered;
  } catch (error) {
    session[Symbol.dispose]();
    throw error;
  }
}

async function takeNode(session: Session, node: string, clock: Clock): Promise<void> {
  for (let tries = NODE_TRIES; tries > 0; tries -= 1) {
    const [row] = await session.query<{ taken: boolean }>(TAKE_NODE, [node], LOOK_MS);
    if (row?.taken) return;
    await new Promise<void>((resolve) => void clock.after(NODE_PAUSE_MS, resolve));
  }
  throw new StoreRefused(
    `the node ${node} is in use by another process on this database; give each balancer its own store.node`,
  );
}

async function look(session: Session, node: string): Promise<Entered> {
  const clients = await session.query<ClientRow>(ALL_CLIENTS, [], LOOK_MS);
  const backends = await session.query<{ key: string; value: string }>(ALL_BACKENDS, [node], LOOK_MS);
  const [row] = await session.query<{ tokens: string; tokens_at_ms: number | null }>(TOKENS, [node], LOOK_MS);
  return {
    session,
    clients,
    backends: new Map(backends.map(({ key, value }) => [key, JSON.parse(value) as Json])),
    tokens: new Map(Object.entries(JSON.parse(row?.tokens ?? "{}") as Record<string, number>)),
    tokensAtMs: row?.tokens_at_ms ?? undefined,
  };
}
