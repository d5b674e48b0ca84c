import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { canonicalAddress } from "../core/address.ts";
import { limitKey } from "../core/ip.ts";

/** Of one address (IPv6: /64); what comes by loopback or a unix socket may be a proxy for many. */
const MOST_OF_ADDRESS = 16;
/** Those that are closed leave one turn of the loop later. */
const LEAVING = 8;

/**
 * The connections of the API: so many in all, and of one address. Where there are too many, one of them that has nothing under way
 * is closed: the one for which that has been so the longest. So callers that say nothing, or half of something, keep no other out.
 */
export class Connections {
  readonly #most: number;
  /** How many requests each has under way. */
  readonly #all = new Map<Socket, number>();
  /** Those with none, the longest first. */
  readonly #waiting = new Set<Socket>();
  readonly #ofAddress = new Map<string, number>();

  readonly #keyOf: (socket: Socket) => string | undefined;

  /** `keyOf`: by which a connection is counted among those of one address; undefined where it is not. */
  constructor(most: number, keyOf = addressOf) {
    this.#most = most;
    this.#keyOf = keyOf;
  }

  /** Bounds those of a server from now on. */
  follow(server: Server): void {
    server.maxConnections = this.#most + LEAVING;
    server.on("connection", (socket: Socket) => this.#come(socket));
    server.on("request", (request, response) => this.#asked(request, response));
  }

  #come(socket: Socket): void {
    const address = this.#keyOf(socket);
    this.#all.set(socket, 0);
    this.#waiting.add(socket);
    if (address !== undefined) this.#count(address, 1);
    socket.once("close", () => this.#leave(socket, address));
    const tooMany = address !== undefined && (this.#ofAddress.get(address) ?? 0) > MOST_OF_ADDRESS;
    if (tooMany) this.#close(socket, (other) => this.#keyOf(other) === address);
    else if (this.#all.size > this.#most) this.#close(socket, () => true);
  }

  /** The newest is closed where all others have something under way. */
  #close(newest: Socket, among: (socket: Socket) => boolean): void {
    let closed = newest;
    for (const socket of this.#waiting) {
      if (!among(socket)) continue;
      closed = socket;
      break;
    }
    const address = this.#keyOf(closed);
    closed.destroy();
    this.#leave(closed, address);
  }

  #leave(socket: Socket, address: string | undefined): void {
    this.#waiting.delete(socket);
    if (this.#all.delete(socket) && address !== undefined) this.#count(address, -1);
  }

  #count(address: string, more: 1 | -1): void {
    const count = (this.#ofAddress.get(address) ?? 0) + more;
    if (count === 0) this.#ofAddress.delete(address);
    else this.#ofAddress.set(address, count);
  }

  #asked({ socket }: IncomingMessage, response: ServerResponse): void {
    this.#has(socket, 1);
    response.once("close", () => this.#has(socket, -1));
  }

  #has(socket: Socket, more: 1 | -1): void {
    const underWay = this.#all.get(socket);
    if (underWay === undefined) return;
    this.#all.set(socket, underWay + more);
    this.#waiting.delete(socket);
    if (underWay + more === 0) this.#waiting.add(socket);
  }
}

/** By which connections are counted; undefined for one that is not. */
function addressOf({ remoteAddress }: Socket): string | undefined {
  if (remoteAddress === undefined) return undefined;
  const address = canonicalAddress(remoteAddress);
  return address.startsWith("127.") || address === "::1" ? undefined : limitKey(address);
}
