import type { Answer, SteeredProcess } from "../steered-process.ts";
import type { Happened } from "./happened.ts";
import type { Promises } from "./promises.ts";

/** Whom operators ask, and what all of them know. */
export interface Desk {
  readonly lb: SteeredProcess;
  readonly promises: Promises;
  readonly happened: Happened;
  /** Where backends that they add listen, as `host:port`. */
  readonly spare: string;
}

/** What a change makes of a thing; undefined: it is no more. */
export interface Promised {
  readonly thing: string;
  readonly value: unknown;
}

const DONE: Readonly<Record<string, number>> = { POST: 201, PUT: 200, DELETE: 204 };

/** Calls the API, one call after the other, and notes those that are not answered as they should be. */
export class Operator {
  readonly number: number;
  readonly desk: Desk;
  readonly wrong: string[] = [];
  calls = 0;

  constructor(number: number, desk: Desk) {
    this.number = number;
    this.desk = desk;
  }

  /** A call that is answered with one of these, whatever else goes on. */
  async ask(method: string, path: string, expected: readonly number[], body?: object): Promise<Answer> {
    this.calls += 1;
    const answer = await this.desk.lb.ask(method, path, body);
    if (!expected.includes(answer.status)) this.#note(method, path, answer);
    return answer;
  }

  /** A change that is durable before it is answered, and refused without the store: whether it was made. */
  async change(method: string, path: string, { thing, value }: Promised, body?: object): Promise<boolean> {
    const { promises, happened } = this.desk;
    const wasDown = happened.storeMayBeDown;
    promises.open(thing, value);
    const answer = await this.ask(method, path, [DONE[method] as number, 503], body);
    if (answer.status !== 503) promises.kept(thing, value);
    else if (!wasDown && !happened.storeMayBeDown) this.#note(method, path, answer);
    else if (answer.headers.get("retry-after") === null)
      this.#note(`no Retry-After: ${method}`, path, answer);
    return answer.status === DONE[method];
  }

  /** A task, which may be lost with a server that crashes. */
  async task(method: string, path: string, body?: object): Promise<void> {
    const begunMs = Date.now();
    const answer = await this.ask(method, path, [200, 502, 503], body);
    if (answer.status !== 200 && !this.desk.happened.crashedSince(begunMs)) this.#note(method, path, answer);
  }

  #note(method: string, path: string, { status, body }: Answer): void {
    this.wrong.push(`${method} ${path}: ${status} ${JSON.stringify(body)?.slice(0, 200)}`);
  }
}
