import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installed } from "#lb/command/installed";
import type { Place, Subject } from "./subject.ts";

const path = installed("nginx");

/** The line that loads the stream module, empty where it is built in; undefined where there is none. */
function loadStream(): string | undefined {
  const { stderr } = spawnSync(path as string, ["-V"], { encoding: "utf8" });
  if (/--with-stream(\s|$)/.test(stderr)) return "";
  const folder = /--modules-path=(\S+)/.exec(stderr)?.[1] ?? "";
  const module = join(folder, "ngx_stream_module.so");
  return existsSync(module) ? `load_module ${module};` : undefined;
}

function absent(): string | undefined {
  if (path === undefined) return "not installed; apt-get install nginx libnginx-mod-stream";
  return loadStream() === undefined ? "without stream; apt-get install libnginx-mod-stream" : undefined;
}

// One process instead of a master and a worker: the same event loop, and its end leaves no orphan.
function configuration({ port, backends, folder }: Place): string {
  return `
${loadStream()}
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events { worker_connections 8000; }
stream {
  upstream echo { ${backends.map((backend) => `server 127.0.0.1:${backend};`).join(" ")} }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    proxy_pass echo;
    proxy_buffer_size 16k;
  }
}
`;
}

/** nginx's stream proxy: one worker, 16 KiB buffers. */
export const nginx: Subject = {
  name: "nginx",
  about: "nginx, stream, one worker",
  backends: 1,
  absent,
  command(place) {
    const file = join(place.folder, "nginx.conf");
    writeFileSync(file, configuration(place));
    return [path as string, "-p", place.folder, "-e", "stderr", "-c", file];
  },
};
