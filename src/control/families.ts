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

/** The IPv4 addresses of a backend that has both families, and whether IPv6 was given beside them. */
interface Dual {
  readonly v4: readonly string[];
  readonly both: boolean;
}

/**
 * Which addresses of a name are members. IPv4 and IPv6 mostly lead to the same server, which is not to count twice: of a name
 * with both, the IPv4 addresses, and the others beside them only while probes find that none of those answers. Of `localhost`
 * all are: there it costs nothing to try. Addresses of a family that this machine has none of stand aside for the others.
 */
export class Families {
  readonly #own: () => readonly string[];
  /** By backend, as it was last asked for. */
  readonly #dual = new Map<string, Dual>();
  /** By backend, the IPv4 addresses that do not answer their probes. */
  readonly #silent = new Map<string, Set<string>>();

  /** `own`: the addresses of this machine; empty where it does not tell. */
  constructor(own: () => readonly string[] = ownAddresses) {
    this.#own = own;
  }

  /** Those of a backend's addresses that are to be members of its pool. */
  membersOf(name: string, addresses: readonly string[], backend: NamedBackend): readonly string[] {
    const v4 = addresses.filter(isIPv4);
    if (v4.length === 0 || v4.length === addresses.length) {
      this.#dual.delete(keyOf(backend));
      return addresses;
    }
    if (isLocalhost(name)) return this.#spoken(addresses);
    const both = this.#areSilent(backend, v4);
    this.#dual.set(keyOf(backend), { v4, both });
    return both ? this.#spoken(addresses) : v4;
  }

  /** Takes note of what probes found of an address; the backend it is of where `membersOf` has another answer by it. */
  heard({ pool, entry, endpoint, alive }: Verdict): Turned | undefined {
    if (endpoint.kind === "unix" || !isIPv4(endpoint.host)) return undefined;
    const backend = { pool, entry };
    this.#note(keyOf(backend), endpoint.host, alive);
    const dual = this.#dual.get(keyOf(backend));
    if (dual === undefined || this.#areSilent(backend, dual.v4) === dual.both) return undefined;
    const reason = alive ? "an IPv4 address answers again" : "no IPv4 address answers, IPv6 is tried too";
    return { ...backend, reason };
  }

  #note(key: string, host: string, alive: boolean): void {
    const silent = this.#silent.get(key) ?? new Set();
    if (alive) silent.delete(host);
    else silent.add(host);
    if (silent.size > 0) this.#silent.set(key, silent);
    else this.#silent.delete(key);
  }

  #areSilent(backend: NamedBackend, v4: readonly string[]): boolean {
    const silent = this.#silent.get(keyOf(backend));
    return silent !== undefined && v4.every((host) => silent.has(host));
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

function keyOf({ pool, entry }: NamedBackend): string {
  return `${pool} ${entry}`;
}
