// Exits 0 where something accepts connections at host:port or [ipv6]:port within a second, else 1: a health check without a shell.
import { connect } from "node:net";

const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(process.argv[2] ?? "127.0.0.1:8080") ?? [];
const socket = connect({ host, port: Number(port), timeout: 1_000 });
socket.on("connect", () => process.exit(0));
socket.on("timeout", () => process.exit(1));
socket.on("error", () => process.exit(1));
