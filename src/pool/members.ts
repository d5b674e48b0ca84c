import type { Clock } from "../core/clock.ts";
import type { Backend } from "../live/backend.ts";
import type { Tried } from "./tried.ts";

/** How long a large array may stay as it is after a change, and by what part of the members it may differ from them. */
const STALE_MS = 10;
const STALE_PART = 64;

/** A version of the members that may get something new, and the weights that they had when it was made. */
interface Version {
  readonly backends: readonly Backend[];
  readonly weights: readonly number[];
}

const EMPTY: Version = { backends: [], weights: [] };

/**
 * The members of a pool, in arrays that are replaced whole: the identity of an array is the version that an algorithm builds
 * a table for. A small array is replaced at each change, a large one within 10 ms or once enough of it has changed: 10 000
 * members that fail within a second make a hundred arrays. A member in it that just became unusable is skipped when read.
 */
export class Members {
  readonly #clock: Clock;
  #all: readonly Backend[] = [];
  #byIdentity: ReadonlyMap<string, Backend> = new Map();
  #usable = EMPTY;
  #backups = EMPTY;
  #free = 0;
  #changes = 0;
  #changedAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get all(): readonly Backend[] {
    return this.#all;
  }

  find(identity: string): Backend | undefined {
    return this.#byIdentity.get(identity);
  }

  /** Members that may get something new, but for backups. */
  get usable(): readonly Backend[] {
    if (this.#isStale()) this.refresh();
    return this.#usable.backends;
  }

  /** Backups that may get something new. */
  get backups(): readonly Backend[] {
    if (this.#isStale()) this.refresh();
    return this.#backups.backends;
  }

  /** Whether it is a member now: another backend may have the slot of one that was. */
  has(backend: Backend): boolean {
    return this.#byIdentity.get(backend.identity) === backend;
  }

  /** Whether a usable member that was not tried has a place. */
  hasFree(tried: Tried): boolean {
    return (
      this.#free > tried.count((backend) => this.has(backend) && backend.counts.free[backend.slot] === 1)
    );
  }

  /** Makes these the members. */
  replace(members: readonly Backend[]): void {
    this.#all = members;
    this.#byIdentity = new Map(members.map((member) => [member.identity, member]));
    this.#free = 0;
    for (const { counts, slot } of members) this.#free += counts.free[slot] as number;
    this.refresh();
  }

  /** The standing or the weight of a backend may have changed. */
  changed(backend: Backend): void {
    this.moved(backend);
    if (this.#changes === 0) this.#changedAtMs = this.#clock.now();
    this.#changes += 1;
  }

  /** A place on a backend was taken or became free. */
  moved(backend: Backend): void {
    const { counts, slot } = backend;
    const free = backend.free ? 1 : 0;
    this.#free += free - (counts.free[slot] as number);
    counts.free[slot] = free;
  }

  /** Makes the arrays those of this moment. */
  refresh(): void {
    this.#changes = 0;
    const usable = this.#all.filter((member) => member.usable);
    const [backups, others] = [usable.filter(isBackup), usable.filter((member) => !isBackup(member))];
    this.#usable = nextVersion(this.#usable, others);
    this.#backups = nextVersion(this.#backups, backups);
  }

  #isStale(): boolean {
    if (this.#changes === 0) return false;
    const many = this.#changes > this.#all.length / STALE_PART;
    return many || this.#clock.now() - this.#changedAtMs >= STALE_MS;
  }
}

function isBackup({ settings }: Backend): boolean {
  return settings.backup;
}

/** The version before, where nothing that an algorithm builds a table from has changed. */
function nextVersion(before: Version, backends: readonly Backend[]): Version {
  const same =
    backends.length === before.backends.length &&
    backends.every((each, at) => each === before.backends[at] && each.weight === before.weights[at]);
  return same ? before : { backends, weights: backends.map(({ weight }) => weight) };
}
