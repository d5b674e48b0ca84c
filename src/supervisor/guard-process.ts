import { createInterface } from "node:readline";

// A process of its own that outlives the balancer by a moment. It is told of process groups, a line each: `+7` begins, `-7` ends.
// Its input ends however the balancer does, also by kill -9; then it kills the groups that it still knows.

// A terminal or a service manager may signal every process; the copies end in order meanwhile.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) process.on(signal, () => {});
process.title = "lb-guard";

const groups = new Set<number>();
const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const group = Number(line.slice(1));
  if (line.startsWith("+")) groups.add(group);
  else groups.delete(group);
});
lines.once("close", () => {
  for (const group of groups) kill(group);
  process.exit();
});
process.stdin.on("error", () => lines.close());

function kill(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
