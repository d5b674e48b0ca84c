import { isDeepStrictEqual } from "node:util";
import { explain, Failure } from "../command/failure.ts";
import type { ClientEntry } from "../contract/clients.ts";
import type { PoolSettings } from "../contract/pool.ts";
import type { Applied, Change } from "../contract/snapshot.ts";
import type { Verdict } from "../contract/verdict.ts";
import { formatEndpoint } from "../core/address.ts";
import type { Clock } from "../core/clock.ts";
import { Newcomers } from "../core/newcomers.ts";
import { inSlices, type Steps } from "../core/slices.ts";
import type { HealthChecker } from "../health/checker.ts";
import type { Log } from "../observe/log.ts";
import type { Plane } from "../plane/plane.ts";
import type { BackendEdit, ClientEdit, Edit, Place, PoolEdit } from "./edit.ts";
import { Families, type Turned } from "./families.ts";
import { heldByOwn } from "./held.ts";
import type { Names } from "./names.ts";
import type { Overlay } from "./overlay.ts";
import { tellNews } from "./overlay-news.ts";
import {
  type HostsOf,
  type NamesWanted,
  namesIn,
  poolSteps,
  refuseLoops,
  snapshotSteps,
} from "./snapshot.ts";
import { targetsOf } from "./targets.ts";
import { refuseUnresolved, type UnresolvedBackend, unresolvedBackends } from "./unresolved.ts";

/** How long a start or a reload waits for names of backends; those without an answer by then follow when it comes. */
const BACKENDS_MS = 1_000;
/** The same for names of listeners, without which there is nothing to serve. */
const LISTENERS_MS = 10_000;

/** What reconciling is made of. */
export interface ReconcilerParts {
  readonly clock: Clock;
  readonly plane: Plane;
  readonly names: Names;
  readonly checker: HealthChecker;
  readonly log: Log;
  /** Is told of rows that the file made others of. */
  readonly followed: (places: readonly Place[]) => void;
}

/**
 * Makes the data plane equal to what is wanted: all of it, or one pool or client. One change after another; no change waits
 * for a name to be looked up.
 */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  #overlay: Overlay;
  #listening: Applied["listeners"] = [];
  /** What each name was last applied with: a later answer may have been refused. */
  #answers = new Map<string, readonly string[]>();
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;
  readonly #families = new Families();
  readonly #announced = new Newcomers<Applied["listeners"][number]>(({ endpoint }) =>
    formatEndpoint(endpoint),
  );
  readonly #unresolved = new Newcomers<UnresolvedBackend>(
    ({ pool, backend, address }) => `${pool} ${backend} ${address}`,
  );

  /** `overlay`: what is wanted before anything was applied. */
  constructor(overlay: Overlay, parts: ReconcilerParts) {
    this.#overlay = overlay;
    this.#parts = parts;
  }

  /** What is wanted now; it is applied, or being applied. */
  get overlay(): Overlay {
    return this.#overlay;
  }

  /** The backends that are left out because their names have no address. */
  get unresolved(): UnresolvedBackend[] {
    return unresolvedBackends(this.#overlay, this.#parts.names);
  }

  /** Does one change after all that came before it. */
  inTurn<T>(change: () => Promise<T>): Promise<T> {
    const changed = this.#turn.then(change);
    this.#turn = changed.catch(() => {});
    return changed;
  }

  /** Looks up new names, outside of any turn; they are kept until the result is disposed of. */
  async learn({ listeners, backends }: NamesWanted): Promise<Disposable> {
    const { names } = this.#parts;
    const learnt = [names.learn(listeners, LISTENERS_MS), names.learn(backends, BACKENDS_MS)];
    const held = await Promise.all(learnt);
    return {
      [Symbol.dispose]: () => {
        for (const each of held) each[Symbol.dispose]();
        this.#keepNames();
      },
    };
  }

  /** Whether a name has another answer by now than the one that was applied. */
  get behindNames(): boolean {
    const { listeners, backends } = namesIn(this.#overlay);
    const isOther = (name: string) =>
      !isDeepStrictEqual(this.#answers.get(name) ?? [], this.#parts.names.addressesOf(name));
    return [...listeners, ...backends].some(isOther);
  }

  /** In a turn: makes this what is wanted, and all of the data plane equal to it. Rejects, and changes nothing, where it cannot be. */
  async all(overlay: Overlay): Promise<Applied> {
    const { clock, names, plane } = this.#parts;
    try {
      // Applying would open again what is being closed.
      if (this.#closed) throw new Failure("the balancer is stopping");
      refuseUnresolved(overlay, names);
      const answers = new Map<string, readonly string[]>();
      const snapshot = await inSlices(clock, snapshotSteps(overlay, this.#hostsOf(answers)));
      if (this.#closed) throw new Failure("the balancer is stopping");
      const applied = await plane.apply(snapshot);
      this.#overlay = overlay;
      this.#answers = answers;
      this.#listening = applied.listeners;
      await inSlices(clock, this.#watching(snapshot.pools));
      return applied;
    } catch (error) {
      throw heldByOwn(error, this.#listening);
    } finally {
      this.#keepNames();
    }
  }

  /**
   * In a turn: makes one pool equal to what is wanted of it, its names being what they were when they were last applied; the
   * reason is told with what changes.
   */
  async pool(name: string, reason: string): Promise<void> {
    const answers = new Map(this.#answers);
    const steps = poolSteps(name, this.#overlay, this.#hostsOf(answers));
    const pool = await inSlices(this.#parts.clock, steps);
    await this.#parts.plane.change({ kind: "pool", pool, reason });
    this.#answers = answers;
    this.#keepNames();
    await inSlices(this.#parts.clock, this.#watchingOne(pool));
  }

  /**
   * In a turn: takes another row for a pool, backend or client, and makes its part of the data plane equal to what is wanted then;
   * tells what the file made of the row. Rejects, and changes nothing, where there is no room for an added backend, it leads
   * back to a listener of its own, or the data plane does not take it.
   */
  async put(edit: Edit, reason: string): Promise<void> {
    const overlay = this.#overlay;
    const before = overlay.standing(edit);
    const client = edit.shelf === "clients" ? overlay.client(edit.id) : undefined;
    const news = overlay.put(edit);
    try {
      await (edit.shelf === "clients" ? this.#client(edit, client) : this.#pooled(edit, before, reason));
    } catch (error) {
      overlay.put(before);
      throw error;
    }
    for (const each of news) tellNews(this.#parts.log, each);
    if (news.length > 0) this.#parts.followed([edit]);
  }

  async #pooled(edit: BackendEdit | PoolEdit, before: Edit, reason: string): Promise<void> {
    const { names } = this.#parts;
    if (this.#overlay.entriesOf(edit.pool) === undefined) return;
    if (edit.added !== undefined && edit.added !== before.added)
      refuseLoops(this.#overlay, (host) => this.#answers.get(host) ?? names.addressesOf(host));
    await this.pool(edit.pool, reason);
  }

  async #client({ id }: ClientEdit, before: ClientEntry | undefined): Promise<void> {
    const client = this.#overlay.client(id);
    if (isDeepStrictEqual(before, client)) return;
    const change: Change = client === undefined ? { kind: "client-removed", id } : { kind: "client", client };
    await this.#parts.plane.change(change);
  }

  /** Takes note of what probes found; gives back the backend of which other addresses are members by it. */
  heard(verdict: Verdict): Turned | undefined {
    return this.#families.heard(verdict);
  }

  /** In a turn: lets a backend have the members that its probes call for; false where it is gone. */
  async turned({ pool, entry, reason }: Turned): Promise<boolean> {
    const there = this.#overlay.entriesOf(pool)?.some(({ name }) => name === entry) ?? false;
    if (there && !this.#closed) await this.pool(pool, reason);
    return there;
  }

  /** Tells of each listener that is new, and of each backend that is newly left out. */
  announce({ listeners }: Applied): void {
    const { logger } = this.#parts.log;
    for (const backend of this.#unresolved.among(this.unresolved))
      logger.warn(backend, "backend not resolved");
    for (const { name, endpoint } of this.#announced.among(listeners))
      logger.info({ listener: name, address: formatEndpoint(endpoint) }, "listening");
  }

  /** Probes the backends of these pools alone from now on, unless probing has stopped. */
  *#watching(pools: readonly PoolSettings[]): Steps<void> {
    const { checker } = this.#parts;
    for (const pool of pools) yield* this.#watchingOne(pool);
    const names = new Set(pools.map(({ name }) => name));
    const gone = [...checker.pools].filter((name) => !names.has(name));
    for (const name of gone) yield* checker.watching(name, []);
    this.#families.keepPools(names);
  }

  *#watchingOne(pool: PoolSettings): Steps<void> {
    yield* this.#parts.checker.watching(pool.name, targetsOf(pool, this.#overlay));
    this.#families.keepBackends(pool.name, new Set(pool.backends.map(({ name, entry = name }) => entry)));
  }

  #hostsOf(answers: Map<string, readonly string[]>): HostsOf {
    return (name, backend) => {
      const answer = answerIn(answers, name, this.#parts.names);
      return backend === undefined ? answer : this.#families.membersOf(name, answer, backend);
    };
  }

  /** Names that only a refused change had were learnt for nothing, and those of a removed backend are needed no more. */
  #keepNames(): void {
    const { listeners, backends } = namesIn(this.#overlay);
    const wanted = new Set([...listeners, ...backends]);
    this.#parts.names.keep(wanted);
    for (const name of this.#answers.keys()) if (!wanted.has(name)) this.#answers.delete(name);
  }

  /** Applies nothing more. */
  close(): void {
    this.#closed = true;
  }
}

/** The answer of a name that stands there already, or its latest, which stands there from then on. */
function answerIn(answers: Map<string, readonly string[]>, name: string, names: Names): readonly string[] {
  const answer = answers.get(name) ?? names.addressesOf(name);
  answers.set(name, answer);
  return answer;
}

/** All of an error: a bad file has many mistakes. */
export function whole(error: unknown): string {
  return error instanceof Error && error.message.includes("\n") ? error.message : explain(error);
}
