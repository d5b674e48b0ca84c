import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { stringify } from "yaml";
import type { Database } from "../database.ts";
import { eventually } from "../eventually.ts";
import { type Desk, Operator } from "./operator.ts";

const BACKEND = "/api/v1/pools/web/backends/a";

/** What is done to a balancer and to what is around it: drains, reloads, crashes of copies, and of the database. */
export class Deeds {
  readonly operator: Operator;
  readonly #desk: Desk;
  readonly #config: object;
  readonly #database: Database;
  #texts = 0;

  constructor(desk: Desk, config: object, database: Database) {
    this.operator = new Operator(0, desk);
    this.#desk = desk;
    this.#config = config;
    this.#database = database;
  }

  /** Does all of them, one after the other, spread over a time. */
  async spread(lastsMs: number): Promise<void> {
    const deeds = [
      () => this.#drain(),
      () => this.#crash("web-1"),
      () => this.#reload(),
      () => this.#ready(),
      () => this.#hangUp(),
      () => this.#killDatabase(),
      () => this.#drain(),
      () => this.#crash("web-2"),
      () => this.#reload(),
      () => this.#startDatabase(),
      () => this.#ready(),
      () => this.#hangUp(),
      () => this.#crash("web-1"),
      () => this.#reload(),
    ];
    const startMs = performance.now();
    for (const [at, deed] of deeds.entries()) {
      await delay(startMs + (lastsMs * (at + 0.5)) / deeds.length - performance.now());
      await deed();
    }
  }

  async #drain(): Promise<void> {
    const { happened, promises } = this.#desk;
    happened.drains("a");
    await this.operator.ask("PATCH", BACKEND, [200], { state: "drain", within: "200ms" });
    happened.shuts("a");
    promises.kept("backend a", { weight: 1, state: "drain" });
  }

  async #ready(): Promise<void> {
    this.#desk.happened.opens("a");
    await this.operator.ask("PATCH", BACKEND, [200], { state: "ready" });
    this.#desk.promises.kept("backend a", { weight: 1, state: "ready" });
  }

  async #crash(copy: string): Promise<void> {
    const running = async () => {
      const { body } = await this.operator.ask("GET", `/api/v1/servers/${copy}`, [200]);
      const { pid, state } = body as { pid: number | null; state: string };
      expect(state).toBe("up");
      return pid as number;
    };
    const pid = await eventually(running);
    this.#desk.happened.crashes(copy);
    process.kill(pid, "SIGKILL");
  }

  async #reload(): Promise<void> {
    await this.#rewrite();
    const { body } = await this.operator.ask("POST", "/api/v1/reload", [200]);
    expect(body).toMatchObject({ result: "applied" });
  }

  async #hangUp(): Promise<void> {
    await this.#rewrite();
    this.#desk.lb.balancer.signal("SIGHUP");
  }

  /** The file with another value. Replaced whole: half a file would be refused. */
  async #rewrite(): Promise<void> {
    const { folder } = this.#desk.lb;
    this.#texts += 1;
    const text = stringify({ ...this.#config, names: { hold: `${this.#texts}m` } });
    await writeFile(join(folder, "next"), text);
    await rename(join(folder, "next"), join(folder, "lb.yaml"));
  }

  async #killDatabase(): Promise<void> {
    this.#desk.happened.storeMayBeDown = true;
    await this.#database.kill();
  }

  async #startDatabase(): Promise<void> {
    await this.#database.startAgain();
    await eventually(async () => {
      const { body } = await this.operator.ask("GET", "/health", [200]);
      expect(JSON.stringify(body)).not.toContain("store");
    });
    this.#desk.happened.storeMayBeDown = false;
  }
}
