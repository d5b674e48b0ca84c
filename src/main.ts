import { runCommand } from "./command/command.ts";
import { isOperation, type OperateArgs } from "./operate/commands.ts";
import { type Args, options } from "./options.ts";

await runCommand<Args>({ name: "lb", options, run: work });

/** Each kind of work loads what it needs. */
async function work(args: Args): Promise<number> {
  const [word] = args._;
  if (isOperation(word))
    return (await import("./operate/operate.ts")).operate(word, args as unknown as OperateArgs);
  if (word === "check") return (await import("./check.ts")).check(args);
  const { threadFor } = await import("./plane/start.ts");
  const thread = threadFor(args.transport ?? "auto");
  return (await import("./run.ts")).run(args, thread);
}
