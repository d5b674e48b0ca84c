import { runCommand } from "#lb/command/command";
import { serverCommand } from "./server-command.ts";
import { webProtocol } from "./web-protocol.ts";

await runCommand(
  serverCommand({
    name: "web",
    describe: "A test backend that speaks HTTP: GET /, GET /health, POST /tasks",
    protocol: webProtocol,
    examples: [
      ["node dist/servers/web.js 127.0.0.1 9001", "One server"],
      ["node dist/servers/web.js --count 10 127.0.0.1 8100", "Ten on 8100 to 8109"],
      [
        "node dist/servers/web.js --count 3 --stall 0.05",
        "Three that leave one connection in twenty without an answer",
      ],
    ],
  }),
);
