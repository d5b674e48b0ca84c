import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { dialPeer, type Peer } from "../support/peer.ts";
import { SteeredProcess } from "../support/steered-process.ts";
import { lb as command, type Done } from "./command.ts";

/** A balancer with its API before two ping servers, and the command that steers it. */
export interface Operated extends AsyncDisposable {
  readonly lb: SteeredProcess;
  /** What `--admin` says. */
  readonly at: string;
  lbDoes(...words: string[]): Promise<Done>;
  /** A session that one of the backends has answered. */
  session(): Promise<Peer>;
}

/** `config`: over what the file has else; the backends of its pool "ping" are called "a" and "b/c". */
export async function operated({ admin = {}, ...more }: Record<string, object> = {}): Promise<Operated> {
  const [a, b] = [await ponging(), await ponging()];
  const backends = [
    { name: "a", address: addressOf(a) },
    { name: "b/c", address: addressOf(b) },
  ];
  const lb = await SteeredProcess.start({
    listeners: [{ name: "web", listen: "127.0.0.1:0", pool: "ping" }],
    pools: { ping: { backends } },
    ...more,
    admin,
  });
  const at = lb.api.replace("http://", "");
  return {
    lb,
    at,
    lbDoes: (...words) => command(...words, "--admin", at),
    async session() {
      const peer = await dialPeer(lb.balancer.endpoint);
      peer.send("ping\n");
      await peer.bytes(5);
      return peer;
    },
    async [Symbol.asyncDispose]() {
      await lb[Symbol.asyncDispose]();
      for (const server of [a, b]) server.close();
    },
  };
}

/** A server that answers each line. */
async function ponging(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("error", () => {}).on("data", () => socket.write("pong\n"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function addressOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server in the API's place, until the test is over; its address. */
export async function inItsPlace(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return addressOf(server);
}
