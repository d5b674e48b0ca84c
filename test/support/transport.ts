import type { Clock } from "#lb/core/clock";
import { guestTransport } from "#lb/transport/native/guest";
import { libc } from "#lb/transport/native/libc";
import { SocketTransport } from "#lb/transport/sockets/index";
import type { Transport } from "#lb/transport/transport";

/** The transports that a test can be run on in its own thread. */
export const transports = {
  sockets: (clock: Clock): Transport => new SocketTransport(clock),
  epoll: (clock: Clock): Transport => guestTransport(clock),
} as const;

export type TransportName = keyof typeof transports;

/** Those that this machine has. */
export const transportNames: readonly TransportName[] =
  libc() === undefined ? ["sockets"] : ["sockets", "epoll"];

/** The one that LB_TRANSPORT names; default: sockets. */
export function testTransport(clock: Clock, name = process.env.LB_TRANSPORT ?? "sockets"): Transport {
  return transports[name as TransportName](clock);
}
