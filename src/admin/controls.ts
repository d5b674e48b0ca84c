import type { AddressesOf } from "../config/reach.ts";
import type { Reloaded } from "../control/control.ts";
import type { Overlay } from "../control/overlay.ts";
import type { Status } from "../control/status.ts";
import type { Steering } from "../control/steering.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../observe/log.ts";
import type { Scraped } from "../observe/metrics.ts";
import type { Plane } from "../plane/plane.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import type { Laboratory } from "./laboratory.ts";

/** Everything the API reads and steers; it holds nothing else of the balancer. */
export interface Controls {
  readonly clock: Clock;
  readonly log: Pick<Log, "logger" | "audit">;
  readonly plane: Pick<
    Plane,
    | "sample"
    | "totals"
    | "sessions"
    | "session"
    | "clients"
    | "blocksTaken"
    | "pressedClients"
    | "decisions"
    | "subscribe"
  >;
  readonly steering: Steering;
  readonly copies: Supervisor;
  /** What a scrape gets; `accept`: the header of that name. */
  scrape(accept: string | undefined): Promise<Scraped>;
  /** What is wanted now. */
  overlay(): Overlay;
  /** Whether the balancer was told to stop. */
  stopping(): boolean;
  /** The three layers of every backend, as plain data. */
  status(): Promise<Status>;
  /**
   * What is wrong beside what a sample tells, a sentence each: the store is down, lines of the log were dropped. Why so stands in
   * the log: each caller is told these, and reasons may have what the environment has.
   */
  ailments(): readonly string[];
  /** The addresses by which a name is known now. */
  readonly addressesOf: AddressesOf;
  /** The laboratory around this balancer, if one started it. */
  readonly laboratory: Pick<Laboratory, "ask"> | undefined;
  reload(): Promise<Reloaded | { readonly kind: "no-file" }>;
}
