import { setTimeout as delay } from "node:timers/promises";
import type { CommandProcess } from "../process.ts";
import { residentBytes } from "../under-load/found.ts";

const EVERY_MS = 1_000;

/** A balancer that is watched for so long that its log cannot be kept: what is resident each second, and what it complains of. */
export class Observed {
  readonly residentBytes: number[] = [];
  /** Lines of its log that speak of a defect, or of trouble. */
  readonly complaints: string[] = [];

  constructor(readonly balancer: CommandProcess) {}

  /** Looks each second until `over`. */
  async watch(over: Promise<unknown>): Promise<void> {
    let goesOn = true;
    const stop = () => {
      goesOn = false;
    };
    over.then(stop, stop);
    while (goesOn) {
      this.residentBytes.push(residentBytes(this.balancer.pid));
      this.read();
      await delay(EVERY_MS);
    }
  }

  /** Reads what has been logged by now. */
  read(): void {
    const loud = this.balancer.takeLines().filter((line) => /^\{"level":"(?:warn|error|fatal)"/.test(line));
    // A reader that a busy machine keeps waiting loses lines, and no session.
    this.complaints.push(...loud.filter((line) => !line.includes("log lines dropped")));
  }
}
