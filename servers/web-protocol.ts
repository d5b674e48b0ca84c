import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Protocol } from "./protocol.ts";
import { refusal, send } from "./web-reply.ts";
import { route } from "./web-routes.ts";

const IDLE_MS = 60_000;

/** HTTP: who this server is, whether it is well, and tasks. Every answer is JSON. */
export const webProtocol: Protocol = (server, work) => {
  /** Requests in work, by connection. */
  const inWork = new Map<Socket, number>();
  let finishing = false;

  const count = (socket: Socket, change: 1 | -1) => {
    const before = inWork.get(socket);
    if (before !== undefined) inWork.set(socket, before + change);
  };
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    count(socket, 1);
    response.once("close", () => count(socket, -1));
    const reply = await route(server, request);
    work({
      get wanted() {
        return !socket.destroyed;
      },
      answer() {
        if (finishing) response.shouldKeepAlive = false;
        send(response, reply());
      },
    });
  };

  const http = createServer({ keepAliveTimeout: IDLE_MS }, serve);
  http.timeout = IDLE_MS;
  http.on("clientError", refuseMalformed);
  return {
    serve(socket) {
      inWork.set(socket, 0);
      socket.once("close", () => inWork.delete(socket));
      http.emit("connection", socket);
    },
    finish() {
      finishing = true;
      for (const [socket, requests] of inWork) if (requests === 0) socket.end();
    },
  };
};

function refuseMalformed(_error: Error, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy();
  const text = JSON.stringify(refusal(400, "bad-request", "expected a request of HTTP/1.1").body);
  const head = `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: ${text.length}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${text}`);
}
