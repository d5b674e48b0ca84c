/** What has come so many times in a row is expected to go on. */
export const HABIT = 8;

/** Whether peers of one kind begin with short messages, by what came lately. */
export class Beginnings {
  #shorts = 0;

  /** The first message of another peer was short, or was not. */
  note(isShort: boolean): void {
    this.#shorts = isShort ? this.#shorts + 1 : 0;
  }

  get areShort(): boolean {
    return this.#shorts >= HABIT;
  }
}
