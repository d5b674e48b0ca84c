import type { Server, Socket } from "node:net";
import { type Tunable, tuneKeepAlive } from "../native/keep-alive.ts";
import { libc } from "../native/libc.ts";

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
  const socket: Tunable = { setOption: (...option) => library.setOption(descriptor, ...option) };
  return tuneKeepAlive(socket, idleMs);
}

/** Node knows it and has no name for it. */
export function descriptorOf(socket: Socket | Server): number | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
