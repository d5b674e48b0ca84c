import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { Endpoint } from "#lb/core/address";
import { backend, dialPeer, type Peer, within } from "./peer.ts";

/** An address that cannot be served from. */
export interface DeadEnd extends AsyncDisposable {
  readonly endpoint: Endpoint;
}

/** An address that refuses: its port is in use by a client, so that nobody else can come to listen there. */
export async function refusing(): Promise<DeadEnd> {
  const server = await backend();
  const { socket } = await dialPeer(server.endpoint);
  return { endpoint: localEndpoint(socket), [Symbol.asyncDispose]: () => server.stop() };
}

function localEndpoint(socket: Socket): Endpoint {
  return { kind: "tcp", host: "127.0.0.1", port: socket.localPort as number };
}

const LISTENER = `require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () {
  process.stdout.write(String(this.address().port));
})`;
// What the kernel queues for a backlog of 1.
const QUEUE = 2;

/** An address that neither answers nor refuses: a stopped process whose accept queue is full. */
export async function blackHole(): Promise<DeadEnd> {
  const child = spawn(process.execPath, ["-e", LISTENER], { stdio: ["ignore", "pipe", "inherit"] });
  const [port] = await within("the port of a black hole", once(child.stdout, "data"));
  const endpoint: Endpoint = { kind: "tcp", host: "127.0.0.1", port: Number(port) };
  child.kill("SIGSTOP");
  const fillers: Peer[] = [];
  while (fillers.length < QUEUE) fillers.push(await dialPeer(endpoint));
  return { endpoint, [Symbol.asyncDispose]: () => close(child, fillers) };
}

async function close(child: ChildProcess, fillers: readonly Peer[]): Promise<void> {
  for (const filler of fillers) filler.reset();
  child.kill("SIGKILL");
  await once(child, "exit");
}
