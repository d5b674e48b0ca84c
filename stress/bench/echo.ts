// The echo backend, a process of its own so that its CPU is not counted: sends back what it gets.
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Answer, Listen } from "./messages.ts";

let servers: Server[] = [];

function echo(socket: Socket): void {
  socket.on("error", () => socket.destroy()).pipe(socket);
}

async function listening(): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, echo);
  await once(server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }), "listening");
  return server;
}

async function listen({ ports }: Listen): Promise<Answer> {
  for (const server of servers) server.close();
  servers = await Promise.all(Array.from({ length: ports }, listening));
  return { ports: servers.map((server) => (server.address() as AddressInfo).port) };
}

process.on("message", async (request: Listen) => {
  process.send?.(await listen(request).catch((error: Error): Answer => ({ failed: error.message })));
});
process.on("disconnect", () => process.exit());
