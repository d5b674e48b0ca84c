import { expect, onTestFinished, test, vi } from "vitest";
import { Guard } from "#lb/supervisor/guard";
import { CopyProcess } from "#lb/supervisor/process";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { NotedLog } from "../support/noted-log.ts";

test("a process that the kernel cannot end counts as gone 5 s after it was killed", async () => {
  const { clock, process: sleeper } = made();
  const pid = sleeper.pid as number;
  const unkillable = vi.spyOn(process, "kill").mockReturnValue(true);
  onTestFinished(() => {
    unkillable.mockRestore();
    process.kill(-pid, "SIGKILL");
  });
  const gone = vi.fn();
  void sleeper.exited.then(gone);
  sleeper.kill();
  await clock.run(4_000);
  sleeper.kill();
  await clock.run(999);
  expect(unkillable).toHaveBeenCalledWith(-pid, "SIGKILL");
  expect(gone).not.toHaveBeenCalled();
  await clock.run(1);
  expect(gone).toHaveBeenCalledWith(`was killed, and process ${pid} is still there`);
});

test("one that ends leaves no timer behind", async () => {
  const { clock, process: sleeper } = made();
  sleeper.kill();
  expect(await sleeper.exited).toBe("SIGKILL");
  await eventually(() => expect(clock.timers).toBe(0));
});

function made() {
  const clock = new ManualClock();
  const guard = new Guard({ clock, log: new NotedLog() });
  onTestFinished(() => guard[Symbol.asyncDispose]());
  const program = { command: ["sleep", "1000"], env: {} };
  return { clock, process: new CopyProcess(program, (_, output) => output.resume(), { clock, guard }) };
}
