import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { haproxy } from "./haproxy.ts";
import { nginx } from "./nginx.ts";

/** Where a subject is to run. */
export interface Place {
  /** Where it shall listen, on 127.0.0.1. */
  readonly port: number;
  /** The backend's ports on 127.0.0.1, as many as the subject wants. */
  readonly backends: readonly number[];
  /** A folder of its own for its files, removed when it has ended. */
  readonly folder: string;
}

/** One row of the benchmark. */
export interface Subject {
  readonly name: string;
  readonly about: string;
  /** How many backends it is given. */
  readonly backends: number;
  /** Why it cannot run on this machine and what to do; undefined where it can. */
  readonly absent: () => string | undefined;
  /** The command that starts it, in the foreground and as one process; undefined for no proxy at all. */
  readonly command?: (place: Place) => readonly string[];
}

const dist = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const present = () => undefined;
const built = () => (existsSync(dist("lb.js")) ? undefined : "not built; npm run build");

function lb(...options: string[]): (place: Place) => string[] {
  return ({ port, backends }) => [
    process.execPath,
    dist("lb.js"),
    "round-robin",
    `--listen=127.0.0.1:${port}`,
    ...backends.map((backend) => `--backend=127.0.0.1:${backend}`),
    ...options,
  ];
}

/** The rows, in the order they are shown. To add one, add it here. */
export const subjects: readonly Subject[] = [
  { name: "direct", about: "no proxy: what load and backend take alone", backends: 1, absent: present },
  {
    name: "pipe",
    about: "Node's pipe both ways, ten lines",
    backends: 1,
    absent: present,
    command: ({ port, backends }) => [
      process.execPath,
      dist("stress/bench/pipe.js"),
      `${port}`,
      `${backends[0]}`,
    ],
  },
  {
    name: "lb",
    about: "this balancer, without session records",
    backends: 1,
    absent: built,
    command: lb("--log-level=warn"),
  },
  {
    name: "lb-records",
    about: "this balancer, one record per session",
    backends: 1,
    absent: built,
    command: lb("--log-level=info"),
  },
  haproxy,
  nginx,
];
