import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { launch } from "#lb/command/program";
import { installed } from "../support/program.ts";

const ECHO = { name: "echo", command: "echo", args: ["$0", "a b"] };

test("a program runs with the words that it was given", async () => {
  expect(await outcomeOf(launch(ECHO))).toEqual([0, "$0 a b\n"]);
});

test.skipIf(installed("setpriv") === undefined)(
  "one whose parent has died before it was bound to it does not begin",
  async () => {
    // Its parent is this process, and not the one that it is told.
    vi.spyOn(process, "pid", "get").mockReturnValue(1);
    expect(await outcomeOf(launch(ECHO))).toEqual([1, ""]);
  },
);

async function outcomeOf(child: ReturnType<typeof launch>) {
  let said = "";
  child.stdout?.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, "close");
  return [code, said];
}
