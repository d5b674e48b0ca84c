import { Socket } from "node:net";

const notWritable = Symbol("not writable");
type OneWaySocket = Socket & { [notWritable]: ((socket: Socket) => void) | undefined };

/** The states of Node's streams that a failed write marks; undocumented, the same from Node 20 to 26. */
interface Marked {
  readonly _readableState: { errored: unknown; endEmitted: boolean };
}

/**
 * Keeps the socket open for reading when a write to it fails, and calls `told` instead: a peer that answers before it has
 * read everything, and closes, resets what is written to it behind its answer. Node destroys such a socket together with
 * the answer, which the kernel still holds (a recv after the failed send gives it). Nothing may be written any more then.
 */
export function outliveFailedWrite(socket: Socket, told: (socket: Socket) => void): void {
  (socket as OneWaySocket)[notWritable] = told;
  socket.destroy = destroyUnlessReadable;
}

function destroyUnlessReadable(this: Socket, error?: Error): Socket {
  const socket = this as OneWaySocket;
  const told = socket[notWritable];
  if (told === undefined || !isFailedWrite(error) || !isReadable(socket)) {
    return Socket.prototype.destroy.call(this, error);
  }
  socket[notWritable] = undefined;
  // Marked as broken, a stream reads no further.
  (socket as unknown as Marked)._readableState.errored = null;
  told(this);
  return this;
}

function isFailedWrite(error: NodeJS.ErrnoException | undefined): boolean {
  return error?.syscall === "write" && (error.code === "EPIPE" || error.code === "ECONNRESET");
}

function isReadable(socket: Socket): boolean {
  return !(socket as unknown as Marked)._readableState.endEmitted && !socket.connecting && !socket.destroyed;
}
