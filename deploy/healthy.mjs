// Exits 0 where something accepts connections within a second, else 1: a health check without a shell. It asks the address
// that is its argument, or LB_HEALTH_ADDRESS: host:port, [ipv6]:port or unix:/path.
import { connect } from "node:net";

const address = process.argv[2] ?? process.env.LB_HEALTH_ADDRESS ?? "127.0.0.1:8080";
const [, path, host, port] = /^(?:unix:(\/.+)|\[?(.+?)\]?:(\d+))$/.exec(address) ?? [];
if (path === undefined && !(Number(port) <= 65_535)) {
  console.error(`healthy: expected host:port, [ipv6]:port or unix:/path, got "${address}"`);
  process.exit(1);
}
const where = path === undefined ? { host, port: Number(port) } : { path };
const socket = connect({ ...where, timeout: 1_000 });
socket.on("connect", () => process.exit(0));
socket.on("timeout", () => process.exit(1));
socket.on("error", () => process.exit(1));
