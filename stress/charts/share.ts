import type { ChartConfiguration } from "chart.js";
import { barsOf, levelLine, signedBars } from "./bars.ts";
import { axis, frame, ticks, WIDE_MARGIN } from "./frame.ts";
import { shortened } from "./labels.ts";
import { barLegend } from "./legend.ts";
import type { Run } from "./run.ts";

/** Which server answered what share of the requests, one bar per run, against the share if all had answered as many. */
export function share(runs: readonly Run[], caption: readonly string[]): ChartConfiguration<"bar"> {
  const servers = serversOf(runs);
  const fair = 1 / Math.max(1, ...runs.map(({ results }) => results.perServer.length));
  const common = frame("Which server answers how many of the requests?", caption);
  return {
    type: "bar",
    data: {
      labels: servers.map(shortened),
      datasets: runs.map((run) =>
        barsOf(
          run,
          servers.map((server) => shareOf(run, server)),
        ),
      ),
    },
    options: {
      ...common,
      layout: { padding: { ...common.layout.padding, right: WIDE_MARGIN } },
      datasets: { bar: { maxBarThickness: 110, categoryPercentage: 0.8, barPercentage: 0.94 } },
      scales: {
        x: { ...axis("server", false), type: "category" },
        y: {
          ...axis("share of the answered requests (%)", true),
          min: 0,
          // Room for the value over a bar of 100 %.
          max: 1.08,
          ticks: {
            ...ticks((value) => String(Math.round(value * 100))),
            stepSize: 0.2,
            includeBounds: false,
          },
        },
      },
    },
    plugins: [
      barLegend,
      signedBars(runs, percentage),
      levelLine(fair, ["fair share", `1/${Math.round(1 / fair)} each`]),
    ],
  };
}

function serversOf(runs: readonly Run[]): string[] {
  const names = runs.flatMap(({ results }) => results.perServer.map(({ server }) => server));
  return [...new Set(names)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** No bar where the run never had an answer of that server. */
function shareOf({ results }: Run, server: string): number | null {
  return results.perServer.find((entry) => entry.server === server)?.share ?? null;
}

/** The axis says that it is in percent. */
function percentage(share: number): string {
  return (share * 100).toFixed(share === 1 ? 0 : 1);
}
