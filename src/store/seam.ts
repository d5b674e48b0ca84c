/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `clients` are shared by all balancers on one store; `backends` belong to the node. */
export type Shelf = "clients" | "backends";

/**
 * One thing to keep in the place of what was kept under that key; null removes it. The store does not look into `value`.
 * The key is well-formed text without NUL, of 1 000 bytes at most.
 */
export interface Keep {
  readonly shelf: Shelf;
  readonly key: string;
  readonly value: Json | null;
}

/** All that is kept. */
export interface Kept {
  readonly clients: ReadonlyMap<string, Json>;
  readonly backends: ReadonlyMap<string, Json>;
  /** By client id, of this node. */
  readonly tokens: ReadonlyMap<string, number>;
  /** Unix time at which the tokens were saved; undefined: never. */
  readonly tokensAtMs: number | undefined;
}

/** What became of one client. */
export interface ClientChange {
  readonly key: string;
  /** Null: it is gone. */
  readonly value: Json | null;
}

/** Whether the store takes what it is given. */
export interface StoreStatus {
  readonly up: boolean;
  /** Unix time since when it is so. */
  readonly sinceMs: number;
  /** Of a store that is down, one line for an operator. */
  readonly reason?: string;
}

/** What a store tells of its own accord. None of it may throw. */
export interface StoreEvents {
  /** Another balancer changed clients; also all that differs after a connection was lost, or where `open` resolved undefined. */
  changed(changes: readonly ClientChange[]): void;
  /** Once, where `open` resolved undefined and the database is there: what this node had said of backends before its start. */
  backends(backends: ReadonlyMap<string, Json>): void;
  /** It is down, or up again; after `changed` and `backends`. Told once per change, and not where it is up from the start. */
  status(status: StoreStatus): void;
}

/** Where what was said over the API outlives a restart. */
export interface Store {
  /** Whether other balancers write the same clients. */
  readonly sharesClients: boolean;
  /**
   * All that is kept. Called once, first. Resolves undefined where a database cannot be reached, and what it has is told once it
   * is. Rejects with StoreRefused where what is there is not ours to use.
   */
  open(events: StoreEvents): Promise<Kept | undefined>;
  /**
   * Keeps all of them or none, in the order of the calls; durable when it resolves. Rejects with StoreDown within 2 s when that
   * cannot be, at once while the store is known to be out of reach, and with StoreFull where there are too many clients. A call
   * about a client that another balancer has changed since `changed` told of it last rejects with StoreConflict, it alone.
   */
  save(changes: readonly Keep[]): Promise<void>;
  /** Keeps the tokens of this node by client id, in the place of all that it had; rejects with StoreDown. */
  saveTokens(tokens: ReadonlyMap<string, number>, atMs: number): Promise<void>;
  readonly status: StoreStatus;
  /** Resolves when what was given is written, or after 1 s; what is saved later is rejected. */
  close(): Promise<void>;
}
