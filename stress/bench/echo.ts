// The echo backend, a process of its own so that its CPU is not counted: sends back what it gets.
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Answer, Listen } from "./messages.ts";

// Below the ports the kernel gives to outgoing connections: a proxy may look twice at a peer on one of those.
const PORTS = { from: 10_000, to: 20_000 };

let servers: Server[] = [];

function echo(socket: Socket): void {
  socket.on("error", () => socket.destroy()).pipe(socket);
}

/** A server on a free port of those that services live on. */
async function listening(): Promise<Server> {
  const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
  const server = createServer({ allowHalfOpen: true, noDelay: true }, echo);
  try {
    await once(server.listen({ host: "127.0.0.1", port, backlog: 4096 }), "listening");
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return listening();
    throw error;
  }
}

async function listen({ ports }: Listen): Promise<Answer> {
  for (const server of servers) server.close();
  servers = await Promise.all(Array.from({ length: ports }, listening));
  return { ports: servers.map((server) => (server.address() as AddressInfo).port) };
}

process.on("message", async (request: Listen) => {
  process.send?.(await listen(request).catch((error: Error): Answer => ({ failed: error.message })));
});
// Before it listens nothing else keeps it alive.
process.channel?.ref();
