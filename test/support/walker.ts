import { createHash } from "node:crypto";
import { type Dice, seededDice } from "#lb/core/dice";
import type { Lab } from "./lab.ts";
import { backend, dialPeer, type Peer, type TestBackend, within } from "./peer.ts";

/** What one connection of a walk does: pure of its seed, so that two transports can be walked alike. */
interface Plan {
  readonly number: number;
  /** Short messages that the client sends first, each of which the backend sends back before the next. */
  readonly chat: readonly Buffer[];
  /** What each side sends, in pieces: the client's begin with the number, and then both have the chat. */
  readonly up: readonly Buffer[];
  readonly down: readonly Buffer[];
  /** Which side reads nothing until the other has sent everything. */
  readonly staller: "client" | "backend" | "none";
  readonly last: "client-first" | "backend-first" | "both";
  /** Who resets the connection, and whether all that was sent has arrived by then. */
  readonly reset:
    | { readonly by: "client" | "backend"; readonly when: "early" | "midway" | "settled" }
    | undefined;
}

/** What one side saw. */
interface Seen {
  readonly length: number;
  readonly digest: string;
  readonly outcome: string;
}

/** What became of one connection. */
export interface Walked {
  readonly plan: Plan;
  readonly client: Seen;
  /** Undefined where the connection did not come so far. */
  readonly backend: Seen | undefined;
}

const NUMBER_BYTES = 4;
const MOST_BYTES = 400_000;

/** Walks so many connections at once through a balancer before a backend of its own; `open` makes the balancer. */
export async function walk(seed: number, count: number, open: (server: TestBackend) => Promise<Lab>) {
  const arrivals = new Map<number, (peer: Peer) => void>();
  const arrived = (number: number) => new Promise<Peer>((resolve) => arrivals.set(number, resolve));
  await using server = await backend((peer) => void announce(peer, arrivals));
  await using balancer = await open(server);
  const plans = Array.from({ length: count }, (_, number) => planOf(seed, number));
  const walked = await Promise.all(
    plans.map(async (plan) => {
      const client = await dialPeer(balancer.endpoint);
      balancer.clients.push(client);
      return follow(plan, client, arrived(plan.number));
    }),
  );
  return { walked, records: await balancer.ended(count) };
}

/** Whether what each side sees does not depend on what was under way in the moment of a reset. */
export function isSettled({ reset }: Plan): boolean {
  return reset === undefined || reset.when === "settled";
}

export function isPrefix(seen: Seen, sent: readonly Buffer[]): boolean {
  return seen.digest === digest(Buffer.concat(sent).subarray(0, seen.length));
}

function planOf(seed: number, number: number): Plan {
  const dice = seededDice(seed * 1_000_003 + number);
  const first = Buffer.alloc(NUMBER_BYTES);
  first.writeUInt32BE(number);
  const chat = dice() < 0.3 ? chatOf(dice) : [];
  return {
    number,
    chat,
    up: [first, ...chat, ...piecesOf(dice)],
    down: [...chat, ...piecesOf(dice)],
    staller: oneOf(dice, ["client", "backend", "none", "none"]),
    last: oneOf(dice, ["client-first", "backend-first", "both"]),
    reset:
      dice() < 0.5
        ? undefined
        : {
            by: oneOf(dice, ["client", "backend"]),
            when: oneOf(dice, ["early", "midway", "settled", "settled"]),
          },
  };
}

/** Some are a little longer than what is taken for short. */
function chatOf(dice: Dice): Buffer[] {
  const messages = 5 + Math.floor(dice() * 20);
  return Array.from({ length: messages }, (_, nth) => Buffer.alloc(1 + Math.floor(dice() ** 3 * 1_500), nth));
}

function piecesOf(dice: Dice): Buffer[] {
  const bytes = Math.floor(dice() ** 6 * MOST_BYTES);
  const all = Buffer.alloc(bytes);
  let word = Math.floor(dice() * 2 ** 32);
  for (let at = 0; at < bytes; at++) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0;
    all[at] = word >>> 24;
  }
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes; ) {
    const piece = all.subarray(at, at + 1 + Math.floor(dice() ** 2 * 90_000));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

function oneOf<T>(dice: Dice, choices: readonly T[]): T {
  return choices[Math.floor(dice() * choices.length)] as T;
}

/** The backend learns from the first bytes which connection it has. */
async function announce(peer: Peer, arrivals: Map<number, (peer: Peer) => void>): Promise<void> {
  const bytes = await peer.bytes(NUMBER_BYTES).catch(() => undefined);
  if (bytes !== undefined) arrivals.get(bytes.readUInt32BE(0))?.(peer);
}

async function follow(plan: Plan, client: Peer, arrival: Promise<Peer>): Promise<Walked> {
  const { reset, up } = plan;
  if (reset?.by === "client" && reset.when === "early") {
    client.reset();
    await client.closed();
    return { plan, client: seen(client), backend: undefined };
  }
  client.send(up[0] as Buffer);
  const server = await within(`connection ${plan.number} at the backend`, arrival);
  const resetter = reset?.by === "client" ? client : server;
  if (reset?.when === "early") resetter.reset();
  else await converse(plan, client, server, resetter);
  await Promise.all([over(client), over(server)]);
  return { plan, client: seen(client), backend: seen(server) };
}

async function converse(plan: Plan, client: Peer, server: Peer, resetter: Peer): Promise<void> {
  const { chat, up, down, staller, reset, last } = plan;
  await talk(chat, client, server);
  const stalled = staller === "client" ? client : staller === "backend" ? server : undefined;
  stalled?.stall();
  for (const piece of up.slice(1 + chat.length)) client.send(piece);
  for (const piece of down.slice(chat.length)) server.send(piece);
  if (reset?.when === "midway") {
    await server.bytes(NUMBER_BYTES);
    stalled?.listen();
    resetter.reset();
    return;
  }
  await new Promise((resolve) => setImmediate(resolve));
  stalled?.listen();
  if (reset === undefined && last !== "backend-first") client.finish();
  if (reset === undefined && last !== "client-first") server.finish();
  await Promise.all([server.bytes(lengthOf(up)), client.bytes(lengthOf(down))]);
  if (reset !== undefined) resetter.reset();
}

async function talk(chat: readonly Buffer[], client: Peer, server: Peer): Promise<void> {
  let said = 0;
  for (const message of chat) {
    said += message.length;
    client.send(message);
    await server.bytes(NUMBER_BYTES + said);
    server.send(message);
    await client.bytes(said);
  }
}

/** Each answers an end with its own. */
async function over(peer: Peer): Promise<void> {
  await peer.outcome();
  peer.finish();
  await peer.closed();
}

function seen(peer: Peer): Seen {
  return { length: peer.length, digest: digest(peer.received), outcome: peer.error ?? "end" };
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0);
}

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
