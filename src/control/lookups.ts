import type { Clock, Timer } from "../core/clock.ts";
import { Deferred } from "../core/deferred.ts";
import type { NameAnswer } from "../core/look-up.ts";

/** More than a name server has trouble with, and more than are slow at once: only names that are slow hold up others. */
const MOST_AT_ONCE = 32;
const PATIENCE_MS = 5_000;

/** Wrapped, since a promise for a promise is its answer. */
interface Asked {
  readonly answer: Promise<NameAnswer>;
}

/** Looks names up, 32 at once and each once at a time: one that was given up keeps its place until it ends. */
export class Lookups implements Disposable {
  readonly #clock: Clock;
  readonly #lookUp: (name: string) => Promise<NameAnswer>;
  readonly #underWay = new Map<string, Deferred<Asked>>();
  readonly #waiting = new Set<string>();
  #running = 0;
  #silence: Timer | undefined;

  constructor(clock: Clock, lookUp: (name: string) => Promise<NameAnswer>) {
    this.#clock = clock;
    this.#lookUp = lookUp;
  }

  /**
   * What the look-up of a name says, the one that is under way where there is one. Rejects as that does; and with
   * EAI_AGAIN 5 s after its turn, or before it once no name at all had an answer for 5 s.
   */
  async answerFor(name: string): Promise<NameAnswer> {
    const turn = this.#underWay.get(name) ?? this.#enqueue(name);
    const { answer } = await turn.promise;
    return this.#inTime(name, answer);
  }

  /** Gives up lookups that wait for their turn. */
  [Symbol.dispose](): void {
    this.#giveUpWaiting();
  }

  #enqueue(name: string): Deferred<Asked> {
    const turn = new Deferred<Asked>();
    this.#underWay.set(name, turn);
    this.#waiting.add(name);
    this.#work();
    if (this.#silence === undefined) this.#listen();
    return turn;
  }

  #work(): void {
    for (const name of this.#waiting) {
      if (this.#running === MOST_AT_ONCE) return;
      this.#waiting.delete(name);
      void this.#run(name);
    }
  }

  async #run(name: string): Promise<void> {
    this.#running += 1;
    const answer = this.#lookUp(name);
    this.#underWay.get(name)?.resolve({ answer });
    const answered = await answer.then(() => true, isAnswer);
    this.#running -= 1;
    this.#underWay.delete(name);
    this.#work();
    if (answered || this.#waiting.size === 0) this.#listen();
  }

  /** Counts the silence from now on, where a lookup waits. */
  #listen(): void {
    this.#silence?.[Symbol.dispose]();
    const waits = this.#waiting.size > 0;
    this.#silence = waits ? this.#clock.after(PATIENCE_MS, () => this.#giveUpWaiting()) : undefined;
  }

  #giveUpWaiting(): void {
    for (const name of this.#waiting) {
      this.#underWay.get(name)?.reject(late(name));
      this.#underWay.delete(name);
    }
    this.#waiting.clear();
    this.#listen();
  }

  async #inTime(name: string, answer: Promise<NameAnswer>): Promise<NameAnswer> {
    let timer: Timer | undefined;
    const tooLate = new Promise<never>((_resolve, reject) => {
      timer = this.#clock.after(PATIENCE_MS, () => reject(late(name)));
    });
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }
}

/** That there is no such name is an answer; that no name server said anything is none. */
function isAnswer(error: NodeJS.ErrnoException): boolean {
  return error.code !== "EAI_AGAIN";
}

function late(name: string): Error {
  return Object.assign(new Error(`no answer in time for the name "${name}"`), {
    code: "EAI_AGAIN",
    hostname: name,
  });
}
