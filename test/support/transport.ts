import type { Clock } from "#lb/core/clock";
import { guestOf } from "#lb/transport/native/guest";
import { NativeTransport } from "#lb/transport/native/index";
import { type Libc, libc } from "#lb/transport/native/libc";
import { SocketTransport } from "#lb/transport/sockets/index";
import type { Transport } from "#lb/transport/transport";

/** The transports that a test can be run on in its own thread. */
export const transports = { sockets: (clock: Clock) => new SocketTransport(clock), epoll } as const;

export type TransportName = keyof typeof transports;

/** Those that this machine has. */
export const transportNames: readonly TransportName[] =
  libc() === undefined ? ["sockets"] : ["sockets", "epoll"];

/** The one that LB_TRANSPORT names; default: sockets. */
export function testTransport(clock: Clock, name = process.env.LB_TRANSPORT ?? "sockets"): Transport {
  return transports[name as TransportName](clock);
}

function epoll(clock: Clock): Transport {
  const library = libc() as Libc;
  return new NativeTransport(clock, library, guestOf(library).engine);
}
