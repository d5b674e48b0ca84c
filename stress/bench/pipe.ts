// Node's own proxy, as small as it gets: what the balancer is held against. node pipe.js <port> <backend port>
import { connect, createServer } from "node:net";

const host = "127.0.0.1";
const [port, backendPort] = process.argv.slice(2).map(Number) as [number, number];

const server = createServer({ allowHalfOpen: true }, (client) => {
  const backend = connect({ host, port: backendPort, allowHalfOpen: true });
  client.on("error", () => backend.destroy()).pipe(backend);
  backend.on("error", () => client.destroy()).pipe(client);
});
server.listen({ host, port, backlog: 4096 });
