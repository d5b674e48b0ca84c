import { isIPv4, isIPv6 } from "node:net";
import { ownAddresses } from "../config/own-addresses.ts";
import type { Verdict } from "../contract/verdict.ts";
import { isLocalhost } from "../core/hosts-file.ts";

/** A backend that has a name for its address. */
export interface NamedBackend {
  readonly pool: string;
  readonly entry: string;
}

/** A backend of which other addresses are members from now on, and why, in words. */
export interface Turned extends NamedBackend {
  readonly reason: string;
}

/** What is known of a backend's addresses. */
interface Known {
  /** The IPv4 addresses that do not answer their probes. */
  readonly silent: Set<string>;
  /** Where its name has both families: the IPv4 addresses, and whether IPv6 was given beside them. */
  dual?: { readonly v4: readonly string[]; readonly both: boolean } | undefined;
}

/**
 * Which addresses of a name are members. IPv4 and IPv6 mostly lead to the same server, which is not to count twice: of a name
 * with both, the IPv4 addresses, and the others beside them only while probes find that none of those answers. Of `localhost`
 * all are: there it costs nothing to try. Addresses of a family that this machine has none of stand aside for the others.
 */
export class Families {
  readonly #own: () => readonly string[];
  /** By pool, then by backend. */
  readonly #pools = new Map<string, Map<string, Known>>();

  /** `own`: the addresses of this machine; empty where it does not tell. */
  constructor(own: () => readonly string[] = ownAddresses) {
    this.#own = own;
  }

  /** Those of a backend's addresses that are to be members of its pool. */
  membersOf(name: string, addresses: readonly string[], backend: NamedBackend): readonly string[] {
    const v4 = addresses.filter(isIPv4);
    const known = this.#known(backend);
    known.dual = undefined;
    if (v4.length === 0 || v4.length === addresses.length) return addresses;
    if (isLocalhost(name)) return this.#spoken(addresses);
    const both = areSilent(known, v4);
    known.dual = { v4, both };
    return both ? this.#spoken(addresses) : v4;
  }

  /** Takes note of what probes found of an address; the backend it is of where `membersOf` has another answer by it. */
  heard({ pool, entry, endpoint, alive }: Verdict): Turned | undefined {
    if (endpoint.kind === "unix" || !isIPv4(endpoint.host)) return undefined;
    const known = this.#pools.get(pool)?.get(entry);
    // Its address is no name, or the backend is gone.
    if (known === undefined) return undefined;
    if (alive) known.silent.delete(endpoint.host);
    else known.silent.add(endpoint.host);
    if (known.dual === undefined || areSilent(known, known.dual.v4) === known.dual.both) return undefined;
    const reason = alive ? "an IPv4 address answers again" : "no IPv4 address answers, IPv6 is tried too";
    return { pool, entry, reason };
  }

  /** Forgets the pools that are not among these. */
  keepPools(pools: ReadonlySet<string>): void {
    for (const pool of this.#pools.keys()) if (!pools.has(pool)) this.#pools.delete(pool);
  }

  /** Forgets the backends of a pool that are not among these. */
  keepBackends(pool: string, entries: ReadonlySet<string>): void {
    const backends = this.#pools.get(pool);
    for (const entry of backends?.keys() ?? []) if (!entries.has(entry)) backends?.delete(entry);
  }

  #known({ pool, entry }: NamedBackend): Known {
    const backends = this.#pools.get(pool) ?? new Map<string, Known>();
    this.#pools.set(pool, backends);
    const known = backends.get(entry) ?? { silent: new Set() };
    backends.set(entry, known);
    return known;
  }

  #spoken(addresses: readonly string[]): readonly string[] {
    const own = this.#own();
    const reachable = (host: string) =>
      own.some((each) => isIPv6(each) && (each === "::1") === (host === "::1"));
    return own.length === 0 ? addresses : addresses.filter((host) => isIPv4(host) || reachable(host));
  }
}

/** Each address once, those of IPv4 first, in an order that does not depend on that of the answers. */
export function inOrder(addresses: readonly string[]): readonly string[] {
  const sorted = [...new Set(addresses)].sort();
  return [...sorted.filter(isIPv4), ...sorted.filter((address) => !isIPv4(address))];
}

function areSilent({ silent }: Known, v4: readonly string[]): boolean {
  return v4.every((host) => silent.has(host));
}
