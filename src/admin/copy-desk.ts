import type { FastifyRequest } from "fastify";
import type { Desk } from "./api.ts";
import type { Copies } from "./controls.ts";
import { Problem } from "./problem.ts";
import { notFound } from "./spoken.ts";

const UP_MS = 5_000;

/** What is done to copies of servers. */
export class CopyDesk {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** The oldest first. */
  list(): ReturnType<Copies["list"]> {
    return this.#desk.controls.copies?.list() ?? [];
  }

  /** The template of a name, or of another name of it. */
  templateOf(type: string): string {
    const { servers } = this.#desk.controls.overlay().file;
    if (Object.hasOwn(servers, type)) return type;
    const found = Object.entries(servers).find(([, { aliases }]) => aliases.includes(type));
    if (found === undefined) throw notFound(`template ${type}`);
    return found[0];
  }

  start(request: FastifyRequest, template: string, count: number): ReturnType<Copies["start"]> {
    const { copies } = this.#desk.controls;
    if (copies === undefined) throw new Problem("unavailable", "copies cannot be started now");
    try {
      const started = copies.start(template, count);
      // What becomes of them is in the log, also where nothing waits for it.
      started.up.catch(() => {});
      request.change = { after: { copies: started.names } };
      return started;
    } catch (error) {
      throw error instanceof RangeError ? new Problem("full", error.message) : error;
    }
  }

  /** Whether all were up within 5 s. */
  async areUp(up: Promise<void>): Promise<boolean> {
    const late = new Promise<boolean>((resolve) =>
      this.#desk.controls.clock.after(UP_MS, () => resolve(false)),
    );
    return Promise.race([
      up.then(
        () => true,
        () => false,
      ),
      late,
    ]);
  }

  stop(request: FastifyRequest, names: readonly string[]): readonly string[] {
    const stopped = names.filter((name) => this.#desk.controls.copies?.stop(name) === true);
    request.change = { before: { copies: stopped } };
    return stopped;
  }
}
