import type { Dropped, Report } from "../contract/report.ts";
import type { Plane } from "../plane/plane.ts";

/** Counts the reports of a plane that were dropped on their way here. */
export class DroppedReports implements Dropped {
  sessions = 0;
  others = 0;

  constructor(plane: Pick<Plane, "subscribe">) {
    const count = (batch: readonly Report[]) => {
      for (const report of batch) if (report.kind === "dropped") this.#add(report);
    };
    plane.subscribe(count, { records: false });
  }

  #add({ sessions, others }: Dropped): void {
    this.sessions += sessions;
    this.others += others;
  }
}
