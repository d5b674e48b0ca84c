import { version } from "../../command/version.ts";
import { openFiles } from "../../core/open-files.ts";
import type { Family } from "./family.ts";

const startedAtSec = Date.now() / 1000 - process.uptime();

/** What is told of this process. */
export const processFamilies: readonly Family[] = [
  {
    name: "lb_build_info",
    type: "gauge",
    help: "Always 1; its labels say what runs.",
    labels: ["version", "node"],
    points: () => [{ labels: { version: version(), node: process.version }, value: 1 }],
  },
  {
    name: "lb_process_start_time_seconds",
    type: "gauge",
    help: "When the process started, in Unix time.",
    labels: [],
    points: () => [{ labels: {}, value: startedAtSec }],
  },
  {
    name: "lb_process_cpu_seconds_total",
    type: "counter",
    help: "Processor time of the process, its threads included.",
    labels: ["mode"],
    *points({ process: { cpuSec } }) {
      for (const [mode, value] of Object.entries(cpuSec)) yield { labels: { mode }, value };
    },
  },
  {
    name: "lb_process_resident_memory_bytes",
    type: "gauge",
    help: "Memory of the process that is in RAM.",
    labels: [],
    points: ({ process: { residentBytes } }) => [{ labels: {}, value: residentBytes }],
  },
  {
    name: "lb_process_open_fds",
    type: "gauge",
    help: "File descriptors that are open: a session takes two. Absent where the system does not tell.",
    labels: [],
    points: ({ process: { openFiles: value } }) => (value === undefined ? [] : [{ labels: {}, value }]),
  },
  {
    name: "lb_process_max_fds",
    type: "gauge",
    help: "File descriptors that may be open.",
    labels: [],
    points: () => [{ labels: {}, value: openFiles() }],
  },
  {
    name: "lb_process_event_loop_delay_seconds",
    type: "histogram",
    help: "How late a timer came that looks twenty times a second, in the thread that serves, since the first scrape: what traffic waits for the process itself.",
    labels: [],
    scale: "turn",
    spreads: ({ process: { loopDelay } }) => [{ labels: {}, observed: loopDelay }],
  },
];
