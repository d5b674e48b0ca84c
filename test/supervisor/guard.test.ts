import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { runs } from "../support/processes.ts";

const SCRIPT = fileURLToPath(new URL("../../dist/supervisor/guard-process.js", import.meta.url));

test("the guard kills the groups that it was told of and that have not ended, once its input ends", async () => {
  const [ended, watched, unknown] = [sleeper(), sleeper(), sleeper()];
  const guard = spawn(process.execPath, [SCRIPT], { stdio: ["pipe", "ignore", "inherit"] });
  guard.stdin.end(`+${ended.pid}\n+${watched.pid}\n+2147483646\n-${ended.pid}\n`);
  expect(await once(guard, "exit")).toEqual([0, null]);
  await eventually(() => expect(watched.signalCode).toBe("SIGKILL"));
  expect([ended, unknown].map(({ pid }) => runs(pid as number))).toEqual([true, true]);
});

/** A process in a group of its own. */
function sleeper(): ChildProcess {
  const child = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}
