import type { Clock } from "#lb/core/clock";
import { EpollEngine } from "#lb/transport/native/epoll";
import { guestTransport } from "#lb/transport/native/guest";
import { Host } from "#lb/transport/native/host";
import { type Libc, libc } from "#lb/transport/native/libc";
import { SocketTransport } from "#lb/transport/sockets/index";
import type { Transport } from "#lb/transport/transport";

/** The transports that a test can be run on in its own thread. */
export const transports = {
  sockets: (clock: Clock): Transport => new SocketTransport(clock),
  epoll: (clock: Clock): Transport => guestTransport(clock),
  host: (clock: Clock): Transport => hostOfThisThread().transport(clock),
} as const;

export type TransportName = keyof typeof transports;

/** Those that this machine has. */
export const transportNames: readonly TransportName[] =
  libc() === undefined ? ["sockets"] : ["sockets", "epoll", "host"];

/** The one that LB_TRANSPORT names; default: sockets. */
export function testTransport(clock: Clock, name = process.env.LB_TRANSPORT ?? "sockets"): Transport {
  return transports[name as TransportName](clock);
}

let host: Host | undefined;

/** Has this thread wait in an engine from the first call on. */
function hostOfThisThread(): Host {
  if (host !== undefined) return host;
  const library = libc() as Libc;
  host = new Host(library, (told) => new EpollEngine(library, told));
  host.start();
  return host;
}
