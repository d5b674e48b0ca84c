import { failures } from "../../core/ending.ts";
import type { BackendStatus, ListenerStatus, PoolStatus } from "../documents.ts";
import type { ConnectTimes } from "./connect-times.ts";
import type { Sample } from "./sample.ts";

/** A backend with what moved since the sample before; undefined where that is not known. */
export interface BackendNumbers {
  readonly pool: string;
  readonly backend: BackendStatus;
  /** Dials that came through. */
  readonly perSec: number | undefined;
  /** Dials that failed for its own reasons. */
  readonly failedPerSec: number | undefined;
}

/** A pool, in the order of its backends as the API has it. */
export interface PoolNumbers {
  readonly pool: PoolStatus;
  readonly perSec: number | undefined;
  readonly connect: ConnectTimes | undefined;
  readonly backends: readonly BackendNumbers[];
}

/** A listener. */
export interface ListenerNumbers {
  readonly listener: ListenerStatus;
  /** Sessions that began. */
  readonly perSec: number | undefined;
  /** Sessions that ended with a word for a failure of servers, of the balancer or of room. */
  readonly failed: number;
  readonly failedPerSec: number | undefined;
}

/** What a page is made of. */
export interface Numbers {
  readonly listeners: readonly ListenerNumbers[];
  readonly pools: readonly PoolNumbers[];
}

/** What moved from one sample to the next, a second. */
export function numbersOf(now: Sample, before: Sample | undefined): Numbers {
  const seconds = before === undefined ? Number.NaN : (now.atMs - before.atMs) / 1_000;
  const perSec = (count: number, earlier: number | undefined) => rate(count, earlier, seconds);
  const listeners = new Map(before?.status.listeners.map((each) => [each.name, each]));
  const pools = new Map(before?.status.pools.map(({ name, backends }) => [name, byName(backends)]));
  return {
    listeners: now.status.listeners.map((listener) => {
      const was = listeners.get(listener.name);
      const failed = failedOf(listener);
      return {
        listener,
        perSec: perSec(listener.sessions, was?.sessions),
        failed,
        failedPerSec: perSec(failed, was && failedOf(was)),
      };
    }),
    pools: now.status.pools.map((pool) => {
      const backends = pool.backends.map((backend) => {
        const was = pools.get(pool.name)?.get(backend.name);
        return {
          pool: pool.name,
          backend,
          perSec: perSec(backend.connected, was?.connected),
          failedPerSec: perSec(backend.failed, was?.failed),
        };
      });
      return {
        pool,
        perSec: together(backends),
        connect: now.connect.get(pool.name),
        backends,
      };
    }),
  };
}

/** Numbers added up. */
export function added(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** How many a second of all of which it is known; undefined where it is known of none. */
export function together(all: readonly { readonly perSec: number | undefined }[]): number | undefined {
  const known = all.flatMap(({ perSec }) => perSec ?? []);
  return known.length === 0 ? undefined : added(known);
}

/** A count that went down belongs to something that was started anew. */
function rate(count: number, earlier: number | undefined, seconds: number): number | undefined {
  const grown = count - (earlier ?? Number.NaN);
  return grown >= 0 && seconds > 0 ? grown / seconds : undefined;
}

function byName(backends: readonly BackendStatus[]): ReadonlyMap<string, BackendStatus> {
  return new Map(backends.map((each) => [each.name, each]));
}

function failedOf({ endings }: ListenerStatus): number {
  return added([...failures].map((word) => endings[word] ?? 0));
}
