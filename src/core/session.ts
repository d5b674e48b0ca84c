import { canonicalAddress, hostPort } from "./address.ts";
import type { BackendSettings } from "./backend.ts";
import type { Ending } from "./ending.ts";
import type { Enrolled } from "./roster.ts";

/** One dial of a session: to whom, how long it took, and how it failed if it did. */
export interface Attempt {
  readonly backend: string;
  readonly address: string;
  readonly ms: number;
  readonly error?: Ending;
  /** The system's word for why it failed, where it had one (EADDRNOTAVAIL …). */
  readonly code?: string;
}

/** What is told of a session when it is over: plain data, every key always there. */
export interface SessionRecord {
  readonly id: string;
  readonly listener: string;
  readonly client: string;
  /** The peer that named the client in a PROXY header. */
  readonly peer?: string;
  readonly pool: string;
  readonly backend: string | null;
  readonly attempts: readonly Attempt[];
  readonly queuedMs: number;
  readonly connectMs: number | null;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly ending: Ending;
  /** More of why, where the ending has more than one reason. */
  readonly detail?: string;
}

/** One side of a TCP connection. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Who speaks to whom, as a PROXY header tells it. */
export interface Addresses {
  readonly source: SocketAddress;
  readonly destination: SocketAddress;
}

/** What a session needs to know of its client's connection; a unix socket has no addresses, nor has a peer that is gone. */
interface Peer {
  readonly kind: "tcp" | "unix";
  readonly remote: SocketAddress | undefined;
  readonly local: SocketAddress | undefined;
  readonly bytesRead: number;
}

/** What has passed by in a relay. */
interface Traffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly held: number;
}

/** Where a session came in. */
interface Origin {
  readonly listener: string;
  readonly pool: string;
}

/** The record of one connection while it lives. It holds no policy. */
export class Session implements Enrolled {
  seat = -1;
  readonly attempts: Attempt[] = [];
  /** The backend that answered, as it was configured then. */
  backend: BackendSettings | null = null;
  /** What connecting to it took. */
  connectMs: number | null = null;
  queuedMs = 0;
  /** See SessionRecord. */
  detail: string | undefined;
  #announced: Addresses | "unix" | undefined;
  #headerBytes = 0;
  #address: string | undefined;
  #ending: Ending | undefined;
  #traffic: Traffic | undefined;
  #interrupt: ((how: "end" | "reset") => void) | undefined;

  /** `startedAtMs` is the Clock's. */
  constructor(
    readonly number: number,
    readonly origin: Origin,
    readonly startedAtMs: number,
    readonly peer: Peer,
  ) {}

  /**
   * Whom a trusted peer's PROXY header named, and its length, which is not the client's; "unix" is a client on a unix
   * socket of that peer, and undefined the peer itself.
   */
  announce(announced: Addresses | "unix" | undefined, headerBytes: number): void {
    this.#announced = announced;
    this.#headerBytes = headerBytes;
    this.#address = undefined;
  }

  /** The client's address as hashing, limits and access lists see it; "unix" or "unknown" where it has none. */
  get address(): string {
    // Each gate asks, and so may the algorithm.
    this.#address ??= this.#canonicalAddress;
    return this.#address;
  }

  get #canonicalAddress(): string {
    const host = this.client?.host;
    return host === undefined ? this.#nameless : canonicalAddress(host);
  }

  /** Whether the client left before it could be asked who it is. */
  get unknown(): boolean {
    return this.address === "unknown";
  }

  get #nameless(): string {
    return this.#announced === "unix" || this.peer.kind === "unix" ? "unix" : "unknown";
  }

  /** The client, as we know it. */
  get client(): SocketAddress | undefined {
    if (this.#announced === "unix") return undefined;
    return this.#announced?.source ?? this.peer.remote;
  }

  /** Client and the address it connected to, as a backend is told; undefined where either is a unix socket. */
  get addresses(): Addresses | undefined {
    if (this.#announced === "unix") return undefined;
    const { remote: source, local: destination } = this.peer;
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
  interruptible(interrupt: (how: "end" | "reset") => void): void {
    this.#interrupt = interrupt;
    if (this.#ending !== undefined) interrupt("end");
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
    return (this.#traffic?.bytesIn ?? this.peer.bytesRead) - this.#headerBytes;
  }

  get bytesOut(): number {
    return this.#traffic?.bytesOut ?? 0;
  }

  /** The record, at the moment it is over. */
  record(nowMs: number): SessionRecord {
    return {
      id: this.id,
      listener: this.origin.listener,
      client: textOf(this.client) ?? this.#nameless,
      ...(this.#announced && { peer: textOf(this.peer.remote) ?? this.peer.kind }),
      pool: this.origin.pool,
      backend: this.backend?.name ?? null,
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
}

function textOf(address: SocketAddress | undefined): string | undefined {
  return address && hostPort(canonicalAddress(address.host), address.port);
}

/** Milliseconds to three places: the clock's further digits are noise. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
