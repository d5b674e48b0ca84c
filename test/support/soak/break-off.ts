import type { Socket } from "node:net";

/** Resets a connection. libuv refuses that while a FIN is on its way out, and the socket would stay open for ever. */
export function breakOff(socket: Socket): void {
  if (socket.destroyed) return;
  const finIsLeaving = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (finIsLeaving) socket.once("finish", () => breakOff(socket));
  else socket.resetAndDestroy();
}
