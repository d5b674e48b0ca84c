import type { Socket } from "node:net";
import type { Connection } from "../transport.ts";

/** Resets a socket; does nothing where it is gone already. */
export function resetSocket(socket: Socket, kind: Connection["kind"]): void {
  if (socket.destroyed) return;
  if (kind === "unix") socket.destroy();
  // libuv refuses to reset while a FIN is on its way out, and the socket would never close; that takes one turn.
  else if (finIsLeaving(socket)) socket.once("finish", () => resetSocket(socket, kind));
  else socket.resetAndDestroy();
}

function finIsLeaving({ writableEnded, writableFinished, writableLength }: Socket): boolean {
  return writableEnded && !writableFinished && writableLength === 0;
}
