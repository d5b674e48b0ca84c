import type { Clock } from "../../core/clock.ts";
import { ephemeralRange } from "../ephemeral-ports.ts";

/** Ports that one dial tries, each a socket of its own, before it says that there is none. */
const MOST_TRIES = 256;
/** The same while an earlier dial has just found none: the loop is not to be spent on what is used up. */
const FEW_TRIES = 8;
const USED_UP_MS = 1_000;

/** One destination as it is dialled from one source address. */
interface Route {
  next: number;
  usedUpUntilMs: number;
}

/**
 * Chooses the port of a dial that has a source address, in turn over the ephemeral range and for each destination apart. The
 * kernel chooses when the address is bound, before it knows the destination: a port of one connection is then no other's,
 * and its search gets slow (2.6 ms of the loop each) long before the range is used up.
 */
export class SourcePorts {
  readonly #clock: Clock;
  readonly #routes = new Map<string, Route>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The ports for one dial, in the order in which they are to be tried. */
  *portsFor(source: string, destination: string): Generator<number, void> {
    const [from, to] = ephemeralRange();
    const size = to - from + 1;
    const route = this.#routeOf(`${source} ${destination}`, from + (process.pid % size));
    const most = this.#clock.now() < route.usedUpUntilMs ? FEW_TRIES : MOST_TRIES;
    for (let tries = Math.min(size, most); tries > 0; tries--) {
      const port = route.next;
      route.next = port === to ? from : port + 1;
      yield port;
    }
    route.usedUpUntilMs = this.#clock.now() + USED_UP_MS;
  }

  /** Two balancers of one machine begin at different ports. */
  #routeOf(key: string, first: number): Route {
    const route = this.#routes.get(key) ?? { next: first, usedUpUntilMs: -Infinity };
    this.#routes.set(key, route);
    return route;
  }
}
