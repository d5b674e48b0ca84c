import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "#lb/core/address";
import { dialPeer, type Peer } from "../peer.ts";

const QUESTION = "GET / HTTP/1.1\r\nhost: lb\r\n\r\n";
const ANSWER = /^HTTP\/1\.1 200 .*\r\n\r\n\{"message":"necessary info","port":"\d+"\}$/s;
const LONGEST = 500;
const PAUSE_MS = 50;
/** More than that at once is a balancer that serves no more. */
const MOST_AT_ONCE = 1_000;

/** One connection of a client, and whether each of its questions was answered. */
export interface Visit {
  /** As the balancer's record calls the client; undefined where no connection stood. */
  readonly client: string | undefined;
  /** When it was begun, in Unix time. */
  readonly begunMs: number;
  /** What went wrong; undefined: nothing. */
  readonly wrong: string | undefined;
}

/** Clients of web servers: so many a second that ask once, and a few that stay and ask again and again. */
export class Visits {
  readonly made: Visit[] = [];
  readonly #endpoint: Endpoint;
  readonly #open = new Set<Promise<void>>();
  #begun = 0;
  #over = false;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Goes on until `stop`. */
  start(perSec: number, stayers: number): void {
    void this.#arrive(perSec);
    for (let count = 0; count < stayers; count += 1) this.#follow(this.#stay());
  }

  /** Resolves when every visit is over. */
  async stop(): Promise<readonly Visit[]> {
    this.#over = true;
    await Promise.all(this.#open);
    return this.made;
  }

  /** As many as should have come by now: a late timer makes up for what it missed. */
  async #arrive(perSec: number): Promise<void> {
    const startMs = performance.now();
    while (!this.#over) {
      const due = ((performance.now() - startMs) / 1_000) * perSec;
      for (; this.#begun < due && this.#open.size < MOST_AT_ONCE; this.#begun += 1)
        this.#follow(this.#visit(async (peer) => ask(peer, 1)));
      await delay(1_000 / perSec);
    }
  }

  async #stay(): Promise<void> {
    while (!this.#over) {
      await this.#visit(async (peer) => {
        for (let count = 1; !this.#over; count += 1) {
          await ask(peer, count);
          await delay(PAUSE_MS);
        }
      });
      // A balancer that refuses is not asked in a tight circle.
      await delay(PAUSE_MS);
    }
  }

  async #visit(doing: (peer: Peer) => Promise<void>): Promise<void> {
    let peer: Peer | undefined;
    let client: string | undefined;
    const begunMs = Date.now();
    try {
      peer = await dialPeer(this.#endpoint);
      client = `127.0.0.1:${peer.socket.localPort}`;
      await doing(peer);
      peer.finish();
      const outcome = await peer.outcome();
      await peer.closed();
      this.made.push({ client, begunMs, wrong: outcome === "end" ? undefined : "reset at its end" });
    } catch (error) {
      peer?.reset();
      await peer?.closed();
      this.made.push({ client, begunMs, wrong: (error as Error).message });
    }
  }

  #follow(visit: Promise<void>): void {
    this.#open.add(visit);
    void visit.finally(() => this.#open.delete(visit));
  }
}

/** Asks for the `nth` time. */
async function ask(peer: Peer, nth: number): Promise<void> {
  const before = peer.length;
  peer.send(QUESTION);
  for (let length = before + 1; ; length = peer.length + 1) {
    await peer.bytes(length);
    const answer = peer.received.subarray(before).toString();
    if (ANSWER.test(answer)) return;
    if (answer.length > LONGEST) throw new Error(`answer ${nth} is ${answer.slice(0, 80)}`);
  }
}
