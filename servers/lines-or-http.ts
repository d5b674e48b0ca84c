import type { Socket } from "node:net";
import type { Protocol } from "./protocol.ts";
import { webProtocol } from "./web-protocol.ts";

/** Every method of HTTP begins with a capital letter. */
const FIRST_OF_HTTP = /^[A-Z]/;

/** A protocol of lines that begin with no capital letter, and HTTP beside it on the same port: the first byte of a connection says which. */
export function linesOrHttp(lines: Protocol): Protocol {
  return (server, work) => {
    const [line, web] = [lines(server, work), webProtocol(server, work)];
    const silent = new Set<Socket>();
    return {
      serve(socket) {
        silent.add(socket);
        socket.once("close", () => silent.delete(socket));
        socket.once("readable", () => {
          silent.delete(socket);
          const first: Buffer | null = socket.read();
          if (first !== null) socket.unshift(first);
          const service = FIRST_OF_HTTP.test(first?.toString("latin1") ?? "") ? web : line;
          service.serve(socket);
        });
      },
      finish() {
        for (const socket of silent) socket.end();
        for (const service of [line, web]) service.finish();
      },
    };
  };
}
