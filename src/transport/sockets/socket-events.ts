import type { Socket } from "node:net";
import { outliveFailedWrite } from "./broken-write.ts";

/** What a socket tells its listener. */
export interface SocketListener {
  onData(chunk: Buffer): void;
  onEnd(): void;
  onDrain(): void;
  onError(): void;
  /** A write failed; what the peer has sent is still received. */
  onUnwritable(): void;
  onClose(): void;
}

const listener = Symbol("listener");
type HeardSocket = Socket & { [listener]: SocketListener | undefined };

/** Tells `told` of everything that happens to the socket. All sockets share their functions, so none has closures of its own. */
export function listenTo(socket: Socket, told: SocketListener): void {
  (socket as HeardSocket)[listener] = told;
  outliveFailedWrite(socket, onUnwritable);
  socket.on("error", onError).on("data", onData).on("end", onEnd).on("drain", onDrain).on("close", onClose);
}

/** Tells the listener nothing more, and lets go of it: Node's handle keeps a closed socket through the next small collections. */
export function stopListening(socket: Socket): void {
  (socket as HeardSocket)[listener] = undefined;
}

function onData(this: Socket, chunk: Buffer): void {
  (this as HeardSocket)[listener]?.onData(chunk);
}
function onEnd(this: Socket): void {
  (this as HeardSocket)[listener]?.onEnd();
}
function onDrain(this: Socket): void {
  (this as HeardSocket)[listener]?.onDrain();
}
function onError(this: Socket): void {
  (this as HeardSocket)[listener]?.onError();
}
function onUnwritable(socket: Socket): void {
  (socket as HeardSocket)[listener]?.onUnwritable();
}
function onClose(this: Socket): void {
  (this as HeardSocket)[listener]?.onClose();
}
