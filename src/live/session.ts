import type { BackendSettings } from "../contract/backend.ts";
import type { Attempt, SessionRecord } from "../contract/record.ts";
import type { SessionSample } from "../contract/sample.ts";
import { type Addresses, canonicalAddress, hostPort, type SocketAddress } from "../core/address.ts";
import type { Ending } from "../core/ending.ts";
import type { Enrolled } from "../core/roster.ts";

/** What a session needs to know of its client's connection; a unix socket has no addresses, nor has a peer that is gone. */
interface ClientConnection {
  readonly kind: "tcp" | "unix";
  readonly remote: SocketAddress | undefined;
  readonly local: SocketAddress | undefined;
  readonly bytesRead: number;
}

/** Bytes of several sessions added up. */
interface ByteTotals {
  bytesIn: number;
  bytesOut: number;
}

/** A client and how many sessions it has. */
export interface ClientCount {
  readonly client: string;
  sessions: number;
}

/** What has passed through a relay. */
interface Traffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly held: number;
}

/** How a session is ended from outside: by FIN to both sides, or by reset. */
export type Interrupt = (how: "end" | "reset") => void;

/**
 * What is known of one connection while it lives. It holds no policy. Its ending is settled once, by the stage of its life
 * that it is in (a gate, connecting, the relay), or from outside by `end`, which then does what that stage says with
 * `interruptible`: stop waiting for a PROXY header, leave the queue, give up a dial, cut the relay.
 */
export class Session implements Enrolled {
  seat = -1;
  readonly attempts: Attempt[] = [];
  /** The backend that answered, as its settings were then; null: none has answered so far. */
  answeredBy: BackendSettings | null = null;
  /** The identity of the backend on which it holds a place, also while that is being dialled. */
  placeOn: string | undefined;
  /** What connecting to it took. */
  connectMs: number | null = null;
  queuedMs = 0;
  /** The client that it counts for in its listener's limit, which alone sets it; undefined: it does not count. */
  counted: ClientCount | undefined;
  /** See SessionRecord.detail. */
  detail: string | undefined;
  #announced: Addresses | "unix" | undefined;
  #headerBytes = 0;
  #address: string | undefined;
  #ending: Ending | undefined;
  #traffic: Traffic | undefined;
  #interrupt: Interrupt | undefined;
  #redirect: ((ending: Ending) => void) | undefined;
  #pool = "";
  /** What totals have of its bytes. */
  #talliedIn = 0;
  #talliedOut = 0;

  /** `startedAtMs` is the Clock's. */
  constructor(
    readonly number: number,
    readonly listener: string,
    readonly startedAtMs: number,
    readonly connection: ClientConnection,
  ) {}

  /** The name of the pool that serves it; empty before it is routed. */
  get pool(): string {
    return this.#pool;
  }

  /** The pool of that name serves it from here on. */
  routed(pool: string): void {
    this.#pool = pool;
  }

  /**
   * Enters the client that a trusted peer's PROXY header named, and the header's length, which is no byte of the client's;
   * "unix" is a client on a unix socket of that peer, undefined the peer itself.
   */
  announce(announced: Addresses | "unix" | undefined, headerBytes: number): void {
    this.#announced = announced;
    this.#headerBytes = headerBytes;
    this.#address = undefined;
  }

  /** The client's address as hashing, limits and access lists see it; "unix" or "unknown" where it has none. */
  get address(): string {
    // Each gate asks, and so may the algorithm.
    this.#address ??= this.#canonicalAddress();
    return this.#address;
  }

  #canonicalAddress(): string {
    const host = this.client?.host;
    return host === undefined ? this.#nameless() : canonicalAddress(host);
  }

  /** Whether the client left before it could be asked who it is. */
  get unknown(): boolean {
    return this.address === "unknown";
  }

  #nameless(): string {
    return this.#announced === "unix" || this.connection.kind === "unix" ? "unix" : "unknown";
  }

  /** The client, as we know it. */
  get client(): SocketAddress | undefined {
    if (this.#announced === "unix") return undefined;
    return this.#announced?.source ?? this.connection.remote;
  }

  /** Client and the address it connected to, as a backend is told; undefined where either is a unix socket. */
  get addresses(): Addresses | undefined {
    if (this.#announced === "unix") return undefined;
    const { remote: source, local: destination } = this.connection;
    return this.#announced ?? (source && destination ? { source, destination } : undefined);
  }

  /** Undefined while it lives. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** Settles how it ends; the first word stays. */
  settle(ending: Ending): void {
    this.#ending ??= ending;
  }

  /** Ends it from outside with a word, wherever in its life it is; once it has ended, only `reset` has an effect. */
  end(ending: Ending, how: "end" | "reset" = "end"): void {
    if (this.#ending !== undefined && how === "end") return;
    this.#ending ??= ending;
    this.#interrupt?.(how);
  }

  /** Says what `end` does in the stage of life that begins now. */
  interruptible(interrupt: Interrupt): void {
    this.#interrupt = interrupt;
    if (this.#ending !== undefined) interrupt("end");
  }

  /** Says how the dial under way is given up for another backend, and with which word; undefined: none is under way. */
  redirectable(redirect: ((ending: Ending) => void) | undefined): void {
    this.#redirect = redirect;
  }

  /** Leaves its backend: a session that is being dialled goes to another one, one that was answered ends with the word. */
  leave(ending: Ending): void {
    if (this.#redirect !== undefined) this.#redirect(ending);
    else this.end(ending);
  }

  /** The relay whose bytes are this session's from now on. */
  carries(traffic: Traffic): void {
    this.#traffic = traffic;
  }

  /** One word that no other session of this balancer has. */
  get id(): string {
    return this.number.toString(36);
  }

  /** Bytes that were read and not yet passed on. */
  get heldBytes(): number {
    return this.#traffic?.held ?? 0;
  }

  /** Read from the client, without the PROXY header before it. */
  get bytesIn(): number {
    return (this.#traffic?.bytesIn ?? this.connection.bytesRead) - this.#headerBytes;
  }

  get bytesOut(): number {
    return this.#traffic?.bytesOut ?? 0;
  }

  /** Adds to the totals the bytes that came since it was last told to; the last time is when it is over. */
  tally(totals: ByteTotals): void {
    // Before that a PROXY header may still come to be taken off.
    if (this.#traffic === undefined && this.#ending === undefined) return;
    const { bytesIn, bytesOut } = this;
    totals.bytesIn += bytesIn - this.#talliedIn;
    totals.bytesOut += bytesOut - this.#talliedOut;
    this.#talliedIn = bytesIn;
    this.#talliedOut = bytesOut;
  }

  /** The record, at the moment it is over; `wallMs` is Unix time. */
  record(nowMs: number, wallMs: number): SessionRecord {
    return {
      id: this.id,
      startedAt: new Date(wallMs - (nowMs - this.startedAtMs)).toISOString(),
      listener: this.listener,
      client: this.#clientText(),
      ...(this.#announced && { peer: textOf(this.connection.remote) ?? this.connection.kind }),
      pool: this.pool,
      backend: this.answeredBy?.name ?? null,
      attempts: this.attempts.map((attempt) => ({ ...attempt, ms: rounded(attempt.ms) })),
      queuedMs: rounded(this.queuedMs),
      connectMs: this.connectMs === null ? null : rounded(this.connectMs),
      durationMs: rounded(nowMs - this.startedAtMs),
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      ending: this.#ending ?? "bug",
      ...(this.detail !== undefined && { detail: this.detail }),
    };
  }

  /** What is told of it while it lives. */
  sample(nowMs: number): SessionSample {
    return {
      id: this.id,
      listener: this.listener,
      client: this.#clientText(),
      pool: this.pool,
      backend: this.answeredBy?.name ?? null,
      ageMs: rounded(nowMs - this.startedAtMs),
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      heldBytes: this.heldBytes,
    };
  }

  #clientText(): string {
    return textOf(this.client) ?? this.#nameless();
  }
}

/** The number of the session of an id; undefined where none has such an id. */
export function numberOf(id: string): number | undefined {
  const number = Number.parseInt(id, 36);
  return number > 0 && number.toString(36) === id ? number : undefined;
}

function textOf(address: SocketAddress | undefined): string | undefined {
  return address && hostPort(canonicalAddress(address.host), address.port);
}

/** Milliseconds to three places: the clock's further digits are noise. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
