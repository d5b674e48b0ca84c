import { SingleBar } from "cli-progress";

/** How many sessions are left, on a terminal's stderr and nowhere else; nothing of it stays when it is disposed of, or the process ends. */
export class ProgressBar implements Disposable {
  readonly #bar: SingleBar | undefined;
  #most = 0;

  constructor() {
    const { stderr } = process;
    if (!stderr.isTTY) return;
    const format = "[{bar}] {text}";
    this.#bar = new SingleBar({ format, stream: stderr, barsize: 30, clearOnComplete: true });
    process.once("exit", this.#end);
  }

  show(left: number): void {
    const text = left === 1 ? "1 session left" : `${left} sessions left`;
    if (this.#most === 0) this.#bar?.start(left, 0, { text });
    this.#most = Math.max(this.#most, left);
    this.#bar?.setTotal(this.#most);
    this.#bar?.update(this.#most - left, { text });
  }

  readonly #end = () => this.#bar?.stop();

  [Symbol.dispose](): void {
    process.off("exit", this.#end);
    this.#end();
  }
}
