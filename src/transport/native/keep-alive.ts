import { IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPCNT, TCP_KEEPIDLE, TCP_KEEPINTVL } from "./linux.ts";

/** From one unanswered probe to the next, and how many there are (tcp(7)). */
const INTERVAL_S = 10;
const PROBES = 3;
/** The longest silence that the kernel takes. */
const LONGEST_IDLE_S = 32_767;

/** A socket with options. */
export interface Tunable {
  /** Sets an option; false where the kernel refuses. */
  setOption(level: number, option: number, value: number): boolean;
}

/** Has the kernel ask a silent peer as ListeningSocket.keepAlive says; false where it refuses. */
export function tuneKeepAlive(socket: Tunable, idleMs: number): boolean {
  if (idleMs === Infinity) return socket.setOption(SOL_SOCKET, SO_KEEPALIVE, 0);
  const idleS = Math.min(LONGEST_IDLE_S, Math.max(1, Math.round(idleMs / 1000)));
  return (
    socket.setOption(IPPROTO_TCP, TCP_KEEPIDLE, idleS) &&
    socket.setOption(IPPROTO_TCP, TCP_KEEPINTVL, INTERVAL_S) &&
    socket.setOption(IPPROTO_TCP, TCP_KEEPCNT, PROBES) &&
    socket.setOption(SOL_SOCKET, SO_KEEPALIVE, 1)
  );
}
