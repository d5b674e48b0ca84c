import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "#lb/core/address";
import { eventually } from "./eventually.ts";
import { dialPeer } from "./peer.ts";
import { output, Program, unprivileged } from "./program.ts";

/** Programs of PostgreSQL, by their paths. */
export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/** A PostgreSQL server of its own, empty, on a unix socket, whose superuser `lb` needs no password. */
export class Postgres implements AsyncDisposable {
  readonly endpoint: Endpoint;
  readonly #folder: string;
  readonly #server: Program;

  private constructor(folder: string, server: Program) {
    this.endpoint = { kind: "unix", path: join(folder, ".s.PGSQL.5432") };
    this.#folder = folder;
    this.#server = server;
  }

  static async start({ initdb, postgres }: PostgresPrograms): Promise<Postgres> {
    const folder = await mkdtemp(join(tmpdir(), "pg-"));
    // It refuses to be root.
    const account = unprivileged();
    if (account.uid !== undefined) await chown(folder, account.uid, account.gid as number);
    const data = join(folder, "data");
    const how = { ...account, cwd: folder, env: { ...process.env, TZ: "UTC", LC_ALL: "C" } };
    await output(initdb, ["-D", data, "-U", "lb", "-A", "trust", "-E", "UTF8", "--no-sync"], how);
    const settings = { listen_addresses: "", unix_socket_directories: folder, fsync: "off", port: "5432" };
    const flags = Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
    const server = new Postgres(folder, new Program(postgres, ["-D", data, ...flags], how));
    await eventually(() => server.#answers());
    return server;
  }

  async #answers(): Promise<void> {
    const peer = await dialPeer(this.endpoint);
    peer.reset();
    if (!this.#server.stderr.includes("ready to accept connections")) throw new Error(this.#server.stderr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Fast, and in order: a killed one would leave its children and its shared memory behind.
    this.#server.child.kill("SIGINT");
    await this.#server.code();
    await rm(this.#folder, { recursive: true });
  }
}
