import type { Report } from "../contract/report.ts";
import type { Plane } from "../plane/plane.ts";

/** Reads what a plane reports, and has session records built only while they are wanted. */
export class PlaneReader {
  readonly #write: (batch: readonly Report[]) => void;
  #records: boolean;
  #plane: Plane | undefined;
  #subscription: Disposable | undefined;

  /** `write` gets the reports as the plane hands them over, many at once where many sessions end. */
  constructor(write: (batch: readonly Report[]) => void, records: boolean) {
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
    this.#subscription = this.#plane?.subscribe(this.#write, { records: this.#records });
    before?.[Symbol.dispose]();
  }
}
