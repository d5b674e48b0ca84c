import { runCommand } from "#lb/command/command";
import { echoProtocol } from "./echo-protocol.ts";
import { serverCommand } from "./server-command.ts";

await runCommand(
  serverCommand({
    name: "echo",
    describe: "A test backend that answers any line with the same line",
    protocol: echoProtocol,
    examples: [
      ["node dist/servers/echo.js 127.0.0.1 9001", "One server"],
      ["node dist/servers/echo.js --count 2 --reset 0.1", "Two that break off one connection in ten"],
      ["node dist/servers/echo.js ::1 0", "One on IPv6, on any free port"],
    ],
  }),
);
