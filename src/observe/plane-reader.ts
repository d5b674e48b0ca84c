import type { Report } from "../contract/report.ts";
import type { Plane } from "../plane/plane.ts";

/** Reads what a plane reports, and has session records built only while they are wanted. */
export class PlaneReader {
  readonly #write: (report: Report) => void;
  #records: boolean;
  #plane: Plane | undefined;
  #subscription: Disposable | undefined;

  constructor(write: (report: Report) => void, records: boolean) {
    this.#write = write;
    this.#records = records;
  }

  follow(plane: Plane): void {
    this.#plane = plane;
    this.#subscribe();
  }

  /** Session records are wanted from now on, or are not. */
  read(records: boolean): void {
    if (records === this.#records) return;
    this.#records = records;
    this.#subscribe();
  }

  #subscribe(): void {
    const before = this.#subscription;
    const write = (batch: readonly Report[]) => batch.forEach(this.#write);
    this.#subscription = this.#plane?.subscribe(write, { records: this.#records });
    before?.[Symbol.dispose]();
  }
}
