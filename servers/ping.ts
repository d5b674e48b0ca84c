import { runCommand } from "#lb/command/command";
import { pingProtocol } from "./ping-protocol.ts";
import { serverCommand } from "./server-command.ts";

await runCommand(
  serverCommand({
    name: "ping",
    describe: "A test backend that answers ping [text] with pong [text] <server>",
    protocol: pingProtocol,
    examples: [
      ["node dist/servers/ping.js 127.0.0.1 9001 --name a", "One server called a"],
      [
        "node dist/servers/ping.js --count 3 --latency 5ms --jitter 2ms",
        "Three on 9001 to 9003, each answer after 3 to 7 ms",
      ],
      [
        "node dist/servers/ping.js --count 3 --crash-every 20s --down-for 5s",
        "Three that crash in turn and come back",
      ],
    ],
  }),
);
