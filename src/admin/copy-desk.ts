import type { FastifyRequest } from "fastify";
import type { CopyStatus } from "../supervisor/copy.ts";
import { NoRoom, type Started } from "../supervisor/supervisor.ts";
import type { Desk } from "./api.ts";
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
  list(): readonly CopyStatus[] {
    return this.#desk.controls.copies.copies;
  }

  /** The template of a name, or of another name of it. */
  templateOf(type: string): string {
    const found = this.#desk.controls.copies.named(type);
    if (found === undefined) throw notFound(`template ${type}`);
    return found;
  }

  start(request: FastifyRequest, template: string, count: number): Started {
    try {
      const started = this.#desk.controls.copies.start(template, count);
      if (started === undefined) throw notFound(`template ${template}`);
      request.change = { after: { copies: started.names } };
      return started;
    } catch (error) {
      throw error instanceof NoRoom ? new Problem("full", error.message) : error;
    }
  }

  /** Whether all were up within 5 s. */
  areUp(up: Promise<void>): Promise<boolean> {
    return new Promise((resolve) => {
      const late = this.#desk.controls.clock.after(UP_MS, () => resolve(false));
      const told = (all: boolean) => {
        late[Symbol.dispose]();
        resolve(all);
      };
      up.then(
        () => told(true),
        () => told(false),
      );
    });
  }

  stop(request: FastifyRequest, names: readonly string[]): readonly string[] {
    const stopped = names.filter((name) => this.#desk.controls.copies.stop(name));
    request.change = { before: { copies: stopped } };
    return stopped;
  }
}
