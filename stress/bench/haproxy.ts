import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed } from "#lb/command/installed";
import type { Place, Subject } from "./subject.ts";

const path = installed("haproxy");

function configuration({ port, backends }: Place): string {
  return `
global
  nbthread 1
  maxconn 3000
  tune.bufsize 16384
defaults
  mode tcp
  timeout connect 5s
  timeout client 10m
  timeout server 10m
listen bench
  bind 127.0.0.1:${port} backlog 4096
${backends.map((backend) => `  server echo-${backend} 127.0.0.1:${backend}`).join("\n")}
`;
}

/** HAProxy as a TCP proxy: one thread, 16 KiB buffers. */
export const haproxy: Subject = {
  name: "haproxy",
  about: "HAProxy, mode tcp, one thread",
  backends: 1,
  absent: () => (path === undefined ? "not installed; apt-get install haproxy" : undefined),
  command(place) {
    const file = join(place.folder, "haproxy.cfg");
    writeFileSync(file, configuration(place));
    return [path as string, "-db", "-f", file];
  },
};
