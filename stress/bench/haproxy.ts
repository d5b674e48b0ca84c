import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed } from "#lb/command/installed";
import type { Place, Subject } from "./subject.ts";

const path = installed("haproxy");

/** How HAProxy moves bytes: the size of its buffers, and lines of `defaults`. */
interface Tuning {
  readonly bufferBytes: number;
  readonly defaults: readonly string[];
}

const asItComes: Tuning = { bufferBytes: 16_384, defaults: [] };
// As this balancer reads: 64 KiB at once, and by splice where much comes.
const forBulk: Tuning = { bufferBytes: 65_536, defaults: ["option splice-auto"] };

function configuration({ port, backends }: Place, { bufferBytes, defaults }: Tuning): string {
  return `
global
  nbthread 1
  maxconn 3000
  tune.bufsize ${bufferBytes}
defaults
  mode tcp
  timeout connect 5s
  timeout client 10m
  timeout server 10m
${defaults.map((line) => `  ${line}\n`).join("")}
listen bench
  bind 127.0.0.1:${port} backlog 4096
${backends.map((backend) => `  server echo-${backend} 127.0.0.1:${backend}`).join("\n")}
`;
}

const common = {
  backends: 1,
  absent: () => (path === undefined ? "not installed; apt-get install haproxy" : undefined),
} satisfies Partial<Subject>;

const tuned = (tuning: Tuning) => (place: Place) => {
  const file = join(place.folder, "haproxy.cfg");
  writeFileSync(file, configuration(place, tuning));
  return [path as string, "-db", "-f", file] as const;
};

/** HAProxy as a TCP proxy: one thread, 16 KiB buffers. */
export const haproxy: Subject = {
  name: "haproxy",
  about: "HAProxy, mode tcp, one thread",
  ...common,
  command: tuned(asItComes),
};

/** The same with buffers of 64 KiB and splice, for what moves in bulk. */
export const haproxyTuned: Subject = {
  name: "haproxy-tuned",
  about: "HAProxy, mode tcp, one thread, 64 KiB buffers and splice",
  ...common,
  command: tuned(forBulk),
};
