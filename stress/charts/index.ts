import { join } from "node:path";
import type { ChartConfiguration } from "chart.js";
import { tryFile, writeWhole } from "../output.ts";
import { caption } from "./caption.ts";
import { distribution } from "./distribution.ts";
import { draw } from "./paper.ts";
import { percentiles } from "./percentiles.ts";
import type { Run } from "./run.ts";
import { share } from "./share.ts";
import { throughput } from "./throughput.ts";
import { timeline } from "./timeline.ts";

type Chart = (
  runs: readonly Run[],
  caption: readonly string[],
) => ChartConfiguration<"line"> | ChartConfiguration<"bar">;

const CHARTS: Readonly<Record<string, Chart>> = {
  "comparison.png": percentiles,
  "distribution.png": distribution,
  "share.png": share,
  "timeline.png": timeline,
  "throughput.png": throughput,
};

/** The names of the pictures, in the order they are drawn. */
export const chartFiles: readonly string[] = Object.keys(CHARTS);

const USUAL_LINES = 4;
const LINE_PX = 16;
const RUNS_PER_ROW = 3;
const ROW_PX = 31;

/** Draws every chart of these runs and then writes them into `folder`, each whole or not at all; gives their paths. */
export async function writeCharts(runs: readonly Run[], folder: string): Promise<string[]> {
  await tryCharts(folder);
  const pictures = drawn(runs, folder);
  for (const [path, png] of pictures) await writeWhole(path, png);
  return pictures.map(([path]) => path);
}

/** Throws a Failure where a chart could not be written into a folder; leaves nothing there. */
export async function tryCharts(folder: string): Promise<void> {
  for (const file of chartFiles) await tryFile(join(folder, file));
}

function drawn(runs: readonly Run[], folder: string): [path: string, png: Buffer][] {
  const lines = caption(runs);
  const extraPx = extraHeight(lines.length, runs.length);
  return Object.entries(CHARTS).map(([file, chart]) => [
    join(folder, file),
    draw(chart(runs, lines) as ChartConfiguration, extraPx),
  ]);
}

/** What a longer caption and legend than usual take, so that the chart itself keeps its size. */
function extraHeight(lines: number, runs: number): number {
  const rows = Math.ceil(runs / RUNS_PER_ROW);
  return LINE_PX * Math.max(0, lines - USUAL_LINES) + ROW_PX * (rows - 1);
}
