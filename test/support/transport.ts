import type { Clock } from "#lb/core/clock";
import { EpollEngine } from "#lb/transport/native/epoll";
import { guestTransport } from "#lb/transport/native/guest";
import { Host } from "#lb/transport/native/host";
import { NativeTransport } from "#lb/transport/native/index";
import { type Libc, libc } from "#lb/transport/native/libc";
import { UringEngine } from "#lb/transport/native/uring";
import { SocketTransport } from "#lb/transport/sockets/index";
import type { Transport } from "#lb/transport/transport";
import { uringAbsence } from "./engines.ts";
import { Turning } from "./turning.ts";

/** The transports that a test can be run on in its own thread. */
export const transports = {
  sockets: (clock: Clock): Transport => new SocketTransport(clock),
  epoll: (clock: Clock): Transport => guestTransport(clock),
  host: (clock: Clock): Transport => hostOfThisThread().transport(clock),
  io_uring: (clock: Clock): Transport => new NativeTransport(clock, libc() as Libc, uring().engine),
} as const;

export type TransportName = keyof typeof transports;

/** Those that this machine has. */
export const transportNames: readonly TransportName[] = [
  "sockets",
  ...(libc() === undefined ? [] : (["epoll", "host"] as const)),
  ...(uringAbsence === undefined ? (["io_uring"] as const) : []),
];

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

let turning: Turning | undefined;

/** This thread's one engine by io_uring. */
function uring(): Turning {
  turning ??= new Turning((told) => new UringEngine(libc() as Libc, told));
  return turning;
}
