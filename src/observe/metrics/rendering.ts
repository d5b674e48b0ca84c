import { setImmediate as turn } from "node:timers/promises";
import { type OpenMetricsContentType, type PrometheusContentType, Registry } from "prom-client";
import { scales } from "../../contract/histogram.ts";
import type { Family, Labels, Reading, Spread } from "./family.ts";
import { contentTypes, type Format } from "./format.ts";

/** Series that are written in one turn of the loop: a millisecond or two. */
const SERIES_PER_TURN = 500;

/** One line as prom-client takes it. */
interface Line {
  readonly metricName?: string;
  readonly labels?: Labels;
  /** Formatted once for all lines that share the object. */
  readonly sharedLabels?: Labels;
  readonly value: number;
}

/** Writes families in one format, which a registry of prom-client knows, with a turn of the loop between the parts. */
export class Rendering {
  readonly #format: Format;
  readonly #registry: Registry<PrometheusContentType | OpenMetricsContentType>;
  readonly #families: readonly Family[];
  #lines: readonly Line[] = [];

  constructor(format: Format, families: readonly Family[]) {
    this.#format = format;
    this.#registry = new Registry<PrometheusContentType | OpenMetricsContentType>();
    this.#registry.setContentType(contentTypes[format]);
    this.#families = families;
    for (const family of families) this.#register(family);
  }

  /** The whole text; one at a time. */
  async write(reading: Reading): Promise<string> {
    const parts: string[] = [];
    for (const family of this.#families) {
      for (const part of slices(linesOf(family, reading))) {
        const text = await this.#part(family, part);
        // The first part of a family has its two lines of comment, and the others go on behind it.
        parts.push(part.first ? text : text.split("\n").slice(2).join("\n"));
        await turn();
      }
    }
    return `${parts.join("\n")}\n${this.#format === "openmetrics" ? "# EOF\n" : ""}`;
  }

  #part(family: Family, { lines }: Slice): Promise<string> {
    this.#lines = lines;
    return this.#registry.getSingleMetricAsString(this.#nameOf(family));
  }

  /** An object with `get` is all that a registry asks of a metric. */
  #register(family: Family): void {
    const name = this.#nameOf(family);
    const { help, type } = family;
    const get = async () => ({ name, help, type, values: this.#lines, aggregator: "sum" });
    this.#registry.registerMetric({ name, get } as unknown as Parameters<Registry["registerMetric"]>[0]);
  }

  /** In OpenMetrics a counter's family is named without the suffix that prom-client gives its series. */
  #nameOf({ name, type }: Family): string {
    return this.#format === "openmetrics" && type === "counter" ? name.replace(/_total$/, "") : name;
  }
}

interface Slice {
  readonly lines: readonly Line[];
  readonly first: boolean;
}

/** At least one slice, so that a family without a series has its lines of comment. */
function* slices(lines: Iterable<Line>): Iterable<Slice> {
  let slice: Line[] = [];
  let first = true;
  for (const line of lines) {
    slice.push(line);
    if (slice.length < SERIES_PER_TURN) continue;
    yield { lines: slice, first };
    [slice, first] = [[], false];
  }
  if (slice.length > 0 || first) yield { lines: slice, first };
}

function* linesOf(family: Family, reading: Reading): Iterable<Line> {
  if (family.type !== "histogram")
    for (const { labels, value } of family.points(reading)) yield { labels, value: sane(value) };
  else
    for (const spread of family.spreads(reading)) yield* bucketsOf(family.name, scales[family.scale], spread);
}

function* bucketsOf(
  name: string,
  bounds: readonly number[],
  { labels: sharedLabels, observed }: Spread,
): Iterable<Line> {
  let count = 0;
  for (const [at, inRange] of observed.counts.entries()) {
    count += sane(inRange);
    const le = bounds[at] === undefined ? "+Inf" : String(bounds[at]);
    yield { metricName: `${name}_bucket`, sharedLabels, labels: { le }, value: count };
  }
  yield { metricName: `${name}_sum`, sharedLabels, value: sane(observed.sumSec) };
  yield { metricName: `${name}_count`, sharedLabels, value: count };
}

/** No number of ours is below zero, and none is not a number: one that is would break the reader's sums for good. */
function sane(value: number): number {
  return value > 0 ? value : 0;
}
