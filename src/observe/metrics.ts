import { setImmediate as turn } from "node:timers/promises";
import type { Dropped } from "../contract/report.ts";
import type { Clock } from "../core/clock.ts";
import { inSlices } from "../core/slices.ts";
import type { Plane } from "../plane/plane.ts";
import { BackendSeries } from "./metrics/backend-series.ts";
import { ClientSeries, MOST_CLIENTS_SHOWN } from "./metrics/client-series.ts";
import type { ControlReading, CopyCounts } from "./metrics/control-reading.ts";
import { families } from "./metrics/families.ts";
import type { Reading } from "./metrics/family.ts";
import { contentTypes, type Format, formatFor } from "./metrics/format.ts";
import { readProcess } from "./metrics/process-reading.ts";
import { Rendering } from "./metrics/rendering.ts";

/** Where the numbers come from; a part that is not there is left out. */
export interface MetricsParts {
  readonly clock: Clock;
  readonly plane: Pick<Plane, "sample" | "clientTotals" | "loopDelay">;
  /** Log lines that were dropped since the start. */
  readonly droppedLogLines: () => number;
  readonly droppedReports: Dropped;
  /** The store, where there is one: its kind, and whether it answered last time. */
  readonly store?: () => ControlReading["store"];
  readonly copies?: () => readonly CopyCounts[];
}

/** Metrics as a scrape gets them. */
export interface Scraped {
  readonly contentType: string;
  readonly body: string;
}

/**
 * Tells all metrics in the text format of Prometheus or in OpenMetrics 1.0. It costs nothing while it is not asked, but for a
 * timer of the data plane once it was. One text is written at a time, with turns of the loop between its parts; a scrape that comes meanwhile gets the
 * one that is being written.
 */
export class Metrics {
  readonly #parts: MetricsParts;
  readonly #backends = new BackendSeries();
  readonly #clients = new ClientSeries();
  readonly #renderings: Readonly<Record<Format, Rendering>> = {
    text: new Rendering("text", families),
    openmetrics: new Rendering("openmetrics", families),
  };
  readonly #underWay = new Map<Format, Promise<string>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: MetricsParts) {
    this.#parts = parts;
  }

  /** `accept`: the scrape's Accept header. Rejects where the data plane gives no sample. */
  async render(accept: string | undefined): Promise<Scraped> {
    const format = formatFor(accept);
    return { contentType: contentTypes[format], body: await this.#shared(format) };
  }

  #shared(format: Format): Promise<string> {
    const underWay = this.#underWay.get(format);
    if (underWay !== undefined) return underWay;
    const body = this.#turn.then(() => this.#body(format)).finally(() => this.#underWay.delete(format));
    this.#underWay.set(format, body);
    this.#turn = body.catch(() => {});
    return body;
  }

  async #body(format: Format): Promise<string> {
    return this.#renderings[format].write(await this.#read());
  }

  async #read(): Promise<Reading> {
    const { clock, plane, droppedLogLines, droppedReports, store, copies } = this.#parts;
    const [{ listeners, pools }, clients, process] = await Promise.all([
      plane.sample(),
      plane.clientTotals(MOST_CLIENTS_SHOWN),
      plane.loopDelay().then(readProcess),
    ]);
    await turn();
    const backends = await inSlices(clock, this.#backends.of(pools));
    return {
      listeners,
      pools,
      backends,
      clients: this.#clients.of(clients),
      entries: clients.rest.entries,
      process,
      control: {
        droppedLogLines: droppedLogLines(),
        droppedReports,
        store: store?.(),
        copies: copies?.() ?? [],
      },
    };
  }
}
