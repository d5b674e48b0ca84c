import type { ErrorWord } from "../clients/client-error.ts";

/** The most requests one recording holds: about 60 MB here, and a results file of about 70 MB. */
export const MOST_REQUESTS = 2_000_000;
/** A request of the warm-up: whatever is recorded under this index is forgotten. */
export const WARM_UP = -1;
const NONE = -1;
const MOST_SERVERS = 1_000;
const OTHER_SERVERS = "(others)";

/** What one repeat left behind beside its samples. */
export interface Run {
  readonly startedAt: Date;
  /** From the first measured moment until the last answer. */
  readonly durationMs: number;
  readonly dropped: number;
  /** How many of the dropped found every client busy when they were due. */
  readonly crowdedOut: number;
  readonly warmup: number;
  readonly aborted: boolean;
  readonly loopDelayP99Us: number;
  /** Null in the closed model. */
  readonly scheduleLagP99Us: number | null;
  /** CPU time of this process as a share of one core. */
  readonly cpuShare: number;
}

/**
 * Every measured request of one experiment, all its repeats, as columns that double as they fill: 27 bytes a request.
 * An entry is made when its request starts and completed when its outcome is known; -1 is "none" everywhere.
 */
export class Recording {
  readonly runs: Run[] = [];
  readonly servers: string[] = [];
  readonly errorWords: ErrorWord[] = [];
  length = 0;
  ok = 0;
  failed = 0;
  startUs = new Float64Array(1024);
  intendedUs = new Float64Array(1024);
  latencyUs = new Int32Array(1024);
  connectUs = new Int32Array(1024);
  server = new Int16Array(1024);
  error = new Int8Array(1024);
  run = new Int16Array(1024);

  get full(): boolean {
    return this.length >= MOST_REQUESTS;
  }

  /** Enters a request of the present repeat; both moments in microseconds since its measuring began. */
  start(startUs: number, intendedUs: number): number {
    const index = this.length++;
    if (index === this.startUs.length) this.#grow();
    this.startUs[index] = startUs;
    this.intendedUs[index] = intendedUs;
    this.latencyUs[index] = NONE;
    this.connectUs[index] = NONE;
    this.server[index] = NONE;
    this.error[index] = NONE;
    this.run[index] = this.runs.length;
    return index;
  }

  connected(index: number, connectUs: number): void {
    if (index !== WARM_UP) this.connectUs[index] = connectUs;
  }

  answered(index: number, latencyUs: number, server: string): void {
    if (index === WARM_UP) return;
    this.ok++;
    this.latencyUs[index] = latencyUs;
    this.server[index] = this.#serverIndex(server);
  }

  fail(index: number, word: ErrorWord): void {
    if (index === WARM_UP) return;
    this.failed++;
    this.error[index] = indexIn(this.errorWords, word);
  }

  // A target that answers with ever new names must not grow the table without end.
  #serverIndex(server: string): number {
    const full = this.servers.length >= MOST_SERVERS && !this.servers.includes(server);
    return indexIn(this.servers, full ? OTHER_SERVERS : server);
  }

  #grow(): void {
    this.startUs = doubled(this.startUs);
    this.intendedUs = doubled(this.intendedUs);
    this.latencyUs = doubled(this.latencyUs);
    this.connectUs = doubled(this.connectUs);
    this.server = doubled(this.server);
    this.error = doubled(this.error);
    this.run = doubled(this.run);
  }
}

function indexIn<T>(table: T[], entry: T): number {
  const found = table.indexOf(entry);
  return found === -1 ? table.push(entry) - 1 : found;
}

function doubled<T extends Float64Array | Int32Array | Int16Array | Int8Array>(column: T): T {
  const larger = new (column.constructor as new (length: number) => T)(column.length * 2);
  larger.set(column);
  return larger;
}
