import { runCommand } from "#lb/command/command";
import { clientCommand } from "./client-command.ts";

await runCommand(clientCommand);
