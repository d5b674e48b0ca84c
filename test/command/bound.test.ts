import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { boundToThis } from "#lb/command/bound";

const words = boundToThis();

test.skipIf(words === undefined)("a program whose parent is the one that it was bound to runs", () => {
  const [file, ...args] = [...(words as string[]), "echo", "$0", "a b"];
  expect(spawnSync(file as string, args, { encoding: "utf8" })).toMatchObject({
    status: 0,
    stdout: "$0 a b\n",
  });
});

test.skipIf(words === undefined)("one whose parent has died before it was bound does not begin", () => {
  // To the shell between the two, it looks as if that had adopted it.
  const args = ["-c", '"$@"; echo "ended with $?"', "sh", ...(words as string[]), "echo", "lives on"];
  expect(spawnSync("/bin/sh", args, { encoding: "utf8" }).stdout).toBe("ended with 1\n");
});
