import { setTimeout as delay } from "node:timers/promises";
import type { CommandProcess } from "../process.ts";
import { residentBytes } from "../under-load/found.ts";

const EVERY_MS = 1_000;

/** A balancer that is watched for so long that its log cannot be kept: what is resident each second, and how its sessions ended. */
export class Observed {
  readonly residentBytes: number[] = [];
  readonly endings: Record<string, number> = {};
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

  /** How many sessions have ended, after all that has been logged by now. */
  read(): number {
    for (const line of this.balancer.takeLines()) {
      const [, ending] = /"ending":"([\w-]+)".*"msg":"session"/.exec(line) ?? [];
      if (ending !== undefined) this.endings[ending] = (this.endings[ending] ?? 0) + 1;
      else if (/^\{"level":"(?:warn|error|fatal)"/.test(line)) this.complaints.push(line);
    }
    return Object.values(this.endings).reduce((sum, count) => sum + count, 0);
  }
}
