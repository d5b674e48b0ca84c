import type { Family } from "./family.ts";

/** What is told of the log, the reports, the store and the copies. */
export const controlFamilies: readonly Family[] = [
  {
    name: "lb_log_lines_dropped_total",
    type: "counter",
    help: "Log lines that were dropped because the log's reader, or its disk, did not take them.",
    labels: [],
    points: ({ control }) => [{ labels: {}, value: control.droppedLogLines }],
  },
  {
    name: "lb_reports_dropped_total",
    type: "counter",
    help: "Reports of sessions, which are their records and defects, and others that were dropped because the thread that logs them did not take them.",
    labels: ["kind"],
    *points({ control: { droppedReports } }) {
      yield { labels: { kind: "session" }, value: droppedReports.sessions };
      yield { labels: { kind: "other" }, value: droppedReports.others };
    },
  },
  {
    name: "lb_store_up",
    type: "gauge",
    help: "1 where the store answered last time, 0 where it did not; absent without a store.",
    labels: ["kind"],
    points: ({ control: { store } }) =>
      store === undefined ? [] : [{ labels: { kind: store.kind }, value: store.up ? 1 : 0 }],
  },
  {
    name: "lb_copies",
    type: "gauge",
    help: "Copies of a template, by state.",
    labels: ["template", "state"],
    *points({ control: { copies } }) {
      for (const { template, states } of copies)
        for (const [state, value] of Object.entries(states)) yield { labels: { template, state }, value };
    },
  },
  {
    name: "lb_copies_wanted",
    type: "gauge",
    help: "Copies of a template that are wanted.",
    labels: ["template"],
    *points({ control: { copies } }) {
      for (const { template, wanted } of copies) yield { labels: { template }, value: wanted };
    },
  },
];
