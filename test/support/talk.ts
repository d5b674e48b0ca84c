import { connect, type Socket } from "node:net";

/** Sends all of `input`, finishes, and resolves with every byte that came back once the peer has finished too. */
export function talk(port: number, input: string | Buffer, host = "127.0.0.1"): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host, allowHalfOpen: true });
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.once("end", () => resolve(Buffer.concat(chunks)));
    socket.once("error", reject);
    socket.end(input);
  });
}

/** How a connection that only says `input` ends: with a FIN, or the code of the error. */
export function fateOf(port: number, input = ""): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => socket.write(input));
    socket.once("end", () => resolve("FIN"));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    socket.resume();
  });
}

/** Resolves with the text received so far once it matches. */
export function received(socket: Socket, pattern: RegExp): Promise<string> {
  let text = "";
  return new Promise((resolve, reject) => {
    socket.on("data", (chunk: Buffer) => {
      text += chunk;
      if (pattern.test(text)) resolve(text);
    });
    socket.once("close", () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
  });
}
