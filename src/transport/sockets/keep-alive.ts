import type { Server, Socket } from "node:net";
import { libc } from "../native/libc.ts";

/** From one unanswered probe to the next, and how many there are (tcp(7)). */
const INTERVAL_S = 10;
const PROBES = 3;
/** The longest silence that the kernel takes. */
const LONGEST_IDLE_S = 32_767;

const SOL_SOCKET = 1;
const SO_KEEPALIVE = 9;
const IPPROTO_TCP = 6;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;

/**
 * Has the kernel ask a silent peer whether it is still there (RFC 9293 §3.8.4): after `idleMs`, then every 10 s, and breaks
 * the connection after the third question without an answer. Infinity: never. Without the C library Node's own
 * interval and count hold: in Node 20 every second, ten times.
 */
export function keepAlive(socket: Socket, idleMs: number): void {
  if (idleMs === Infinity) return;
  if (!setByDescriptor(descriptorOf(socket), idleMs)) socket.setKeepAlive(true, idleMs);
}

/** The same of all connections that a listening socket will accept, which inherit it; false where each has to be told. */
export function inheritKeepAlive(server: Server, idleMs: number): boolean {
  return setByDescriptor(descriptorOf(server), idleMs);
}

function setByDescriptor(descriptor: number | undefined, idleMs: number): boolean {
  const library = libc();
  if (library === undefined || descriptor === undefined) return false;
  if (idleMs === Infinity) return library.setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 0);
  const idleS = Math.min(LONGEST_IDLE_S, Math.max(1, Math.round(idleMs / 1000)));
  return (
    library.setOption(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idleS) &&
    library.setOption(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, INTERVAL_S) &&
    library.setOption(descriptor, IPPROTO_TCP, TCP_KEEPCNT, PROBES) &&
    library.setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
  );
}

/** Node knows it and has no name for it. */
function descriptorOf(socket: Socket | Server): number | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
