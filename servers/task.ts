import { runCommand } from "#lb/command/command";
import { linesOrHttp } from "./lines-or-http.ts";
import { serverCommand } from "./server-command.ts";
import { taskProtocol } from "./task-protocol.ts";

await runCommand(
  serverCommand({
    name: "task",
    describe:
      "A test backend that computes: fibonacci <n> and factorial <n> are answered with ok <value> <server>; it speaks HTTP as web does, too",
    protocol: linesOrHttp(taskProtocol),
    examples: [
      ["node dist/servers/task.js 127.0.0.1 9001 --name a", "One server called a"],
      [
        "node dist/servers/task.js --count 3 --concurrency 1 --latency 50ms",
        "Three that do one task at a time",
      ],
      [
        "node dist/servers/task.js --count 3 --fail-first 5",
        "Three that break off their first five connections",
      ],
    ],
  }),
);
