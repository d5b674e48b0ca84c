import type { Socket } from "node:net";

/** Resets a connection, and does nothing where it is over; a unix socket, which knows no reset, is closed. */
export function breakOff(socket: Socket): void {
  if (socket.destroyed) return;
  const finIsLeaving = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (socket.localAddress === undefined) socket.destroy();
  // libuv refuses to reset while a FIN is on its way out, and the socket would stay open for ever.
  else if (finIsLeaving) socket.once("finish", () => breakOff(socket));
  else socket.resetAndDestroy();
}
