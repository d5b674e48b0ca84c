import type { ChartDataset, Chart as ChartJs } from "chart.js";
import { byId, setText } from "./dom.ts";
import { failed } from "./endings.ts";
import { rate, time, UNKNOWN, whole } from "./format.ts";
import type { Moment } from "./wire.ts";
import type { World } from "./world.ts";

/** The library's own script, loaded before this one. */
declare const Chart: typeof ChartJs;

const SPAN_SEC = 300;
/** After so long without a moment there is a gap in the line. */
const GAP_MS = 3_000;
const LOGARITHMIC_MARGIN = 1.6;

/** One line of a chart: what of a moment it shows, and how. */
interface Line {
  readonly of: (moment: Moment) => number | null;
  readonly style: "area" | "line" | "dashed" | "bars";
  /** The name of its colour among the page's tokens. */
  readonly colour: string;
}

/** The small charts of the last five minutes, and the numbers above them. */
export class Charts {
  readonly #charts = [
    new Small("rate-chart", [
      { of: ({ perSec }) => perSec, style: "area", colour: "--accent" },
      { of: ({ endings }) => failed(endings) || null, style: "bars", colour: "--bad" },
    ]),
    new Small("open-chart", [{ of: ({ active }) => active, style: "area", colour: "--accent" }]),
    new Small("connect-chart", timesOf("connectMs"), "logarithmic"),
    new Small("session-chart", timesOf("sessionMs"), "logarithmic"),
  ];

  constructor() {
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      for (const chart of this.#charts) chart.colour();
    });
  }

  draw({ moments, moment: now, atMs, pools, listeners }: World): void {
    const waiting = [...pools.values()].reduce((sum, { told }) => sum + told.queued, 0);
    setText(byId("open"), whole(listeners.reduce((sum, { told }) => sum + told.active, 0)));
    setText(byId("waiting"), whole(waiting));
    setText(byId("rate"), rate(now?.perSec));
    setText(byId("failed"), now ? whole(failed(now.endings)) : UNKNOWN);
    setText(byId("connect-p50"), time(now?.connectMs.p50 ?? null));
    setText(byId("connect-p99"), time(now?.connectMs.p99 ?? null));
    setText(byId("session-p50"), time(now?.sessionMs.p50 ?? null));
    setText(byId("session-p99"), time(now?.sessionMs.p99 ?? null));
    for (const chart of this.#charts) chart.draw(moments, atMs);
  }
}

function timesOf(of: "connectMs" | "sessionMs"): readonly Line[] {
  return [
    { of: (moment) => moment[of].p50, style: "line", colour: "--accent" },
    { of: (moment) => moment[of].p99, style: "dashed", colour: "--second" },
  ];
}

const Y = { display: false, grace: "8%" } as const;

interface Point {
  readonly x: number;
  readonly y: number | null;
}

/** One chart without axes: its shape is what it says, the numbers stand above it. */
class Small {
  readonly #lines: readonly Line[];
  readonly #isLogarithmic: boolean;
  readonly #chart: ChartJs<"line" | "bar", Point[]>;

  /** `scale`: on a logarithmic one both of two lines are seen where one is a hundred times the other. */
  constructor(id: string, lines: readonly Line[], scale: "linear" | "logarithmic" = "linear") {
    this.#lines = lines;
    this.#isLogarithmic = scale === "logarithmic";
    this.#chart = new Chart<"line" | "bar", Point[]>(byId<HTMLCanvasElement>(id), {
      type: "line",
      data: { datasets: lines.map((line) => datasetOf(line)) },
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        spanGaps: false,
        layout: { padding: { top: 2, bottom: 1 } },
        elements: { point: { radius: 0 } },
        plugins: { legend: { display: false }, tooltip: { enabled: false } },
        scales: {
          x: { type: "linear", display: false, offset: false, min: -SPAN_SEC, max: 0 },
          y: scale === "linear" ? { ...Y, type: scale, beginAtZero: true } : { ...Y, type: scale },
        },
      },
    });
    this.colour();
  }

  draw(moments: readonly Moment[], nowMs: number): void {
    for (const [index, line] of this.#lines.entries()) {
      const dataset = this.#chart.data.datasets[index];
      if (dataset !== undefined) dataset.data = pointsOf(moments, line.of, nowMs);
    }
    if (this.#isLogarithmic) this.#spread();
    this.#chart.update("none");
  }

  /** A logarithmic scale has no room of its own above and below. */
  #spread(): void {
    const values = this.#chart.data.datasets.flatMap(({ data }) => data.flatMap(({ y }) => y ?? []));
    if (values.length === 0) return;
    Object.assign(this.#chart.options.scales?.y ?? {}, {
      min: Math.min(...values) / LOGARITHMIC_MARGIN,
      max: Math.max(...values) * LOGARITHMIC_MARGIN,
    });
  }

  /** Takes the colours of the page as they are now. */
  colour(): void {
    const style = getComputedStyle(document.documentElement);
    for (const [index, line] of this.#lines.entries()) {
      const colour = style.getPropertyValue(line.colour).trim();
      const soft = style.getPropertyValue(`${line.colour}-soft`).trim() || colour;
      Object.assign(this.#chart.data.datasets[index] ?? {}, {
        borderColor: colour,
        backgroundColor: line.style === "bars" ? colour : soft,
      });
    }
    this.#chart.update("none");
  }
}

function datasetOf({ style }: Line): ChartDataset<"line" | "bar", Point[]> {
  if (style === "bars") return { type: "bar", data: [], barThickness: 2 };
  return {
    type: "line",
    data: [],
    borderWidth: 1.5,
    tension: 0.25,
    fill: style === "area",
    ...(style === "dashed" && { borderDash: [3, 3] }),
  };
}

function pointsOf(moments: readonly Moment[], of: Line["of"], nowMs: number): Point[] {
  const points: Point[] = [];
  let before = -Infinity;
  for (const moment of moments) {
    const atMs = Date.parse(moment.at);
    if (atMs - before > GAP_MS && points.length > 0)
      points.push({ x: (before + 1 - nowMs) / 1_000, y: null });
    points.push({ x: (atMs - nowMs) / 1_000, y: of(moment) });
    before = atMs;
  }
  return points;
}
