import type { Standing } from "./standing.ts";

/** Counts the members of a pool by their standing, so that one change of a member costs the same however many there are. */
export class Census {
  /** Members that may get a session. */
  usable = 0;
  /** Those of them that are not on trial. */
  sound = 0;
  /** Ejected members and those on trial, also such as are down or leave. */
  ejected = 0;
  /** Ejected members that nothing but their ejection keeps from a session. */
  inReserve = 0;

  /** Counts a standing as it is now, or with -1 as it was. */
  count({ usable, ejected, onTrial, eligible }: Standing, by: 1 | -1): void {
    if (usable) this.usable += by;
    if (usable && !onTrial) this.sound += by;
    if (ejected || onTrial) this.ejected += by;
    if (ejected && eligible) this.inReserve += by;
  }
}
