import { freePort } from "./free-port.ts";
import { installed } from "./program.ts";
import { ownFolder, Service } from "./service.ts";

/** The program, where it is installed. */
export const redis = installed("redis-server");

/** A Redis server of its own, which keeps nothing, and may want a password. */
export async function redisServer(password?: string): Promise<Service> {
  const [folder, port] = [await ownFolder("redis"), await freePort()];
  const where = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder];
  const wanted = password === undefined ? [] : ["--requirepass", password];
  const endpoint = { kind: "tcp", host: "127.0.0.1", port } as const;
  const how = { endpoint, folder, ready: "Ready to accept connections" };
  return Service.start(redis as string, [...where, ...wanted, "--save", ""], how);
}
