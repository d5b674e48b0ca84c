import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tryFile, writeWhole } from "../../stress/output.ts";
import { writeResults } from "../../stress/results.ts";
import { CommandProcess } from "../support/process.ts";
import { syntheticResults } from "../support/synthetic-results.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lb-output-"));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (...parts: string[]) => join(folder, ...parts);

test("finds out whether a file can be written, and leaves nothing behind, not even the folder", async () => {
  await tryFile(at("new", "x.json"));
  await tryFile(at("x.json"));
  expect(await readdir(folder)).toEqual([]);
});

test("makes the folder of a file it writes", async () => {
  await writeWhole(at("new", "x.json"), "{}");
  expect(await readFile(at("new", "x.json"), "utf8")).toBe("{}");
});

test("makes no folder above it, and names the first that is missing", async () => {
  await expect(tryFile(at("no", "such", "folder", "x.json"))).rejects.toThrow(`${at("no")} does not exist`);
  expect(await readdir(folder)).toEqual([]);
});

test("names the folder that is missing and cannot be made, and one that takes no files", async () => {
  await expect(tryFile("/proc/nope/x.json")).rejects.toThrow("/proc/nope does not exist and cannot be made");
  await expect(tryFile("/proc/nope/further/x.json")).rejects.toThrow("/proc/nope does not exist");
  await expect(tryFile("/proc/x.json")).rejects.toThrow("no file can be made in /proc");
});

test.each(["x.json", "further/x.json"])(
  "names a file that stands where a folder is wanted, before %s",
  async (rest) => {
    await writeFile(at("file"), "");
    await expect(tryFile(at("file", rest))).rejects.toThrow(`${at("file")} is not a folder`);
  },
);

test.each([300, 250])("names a name of %i letters, which is too long to be written whole", async (length) => {
  const path = at("x".repeat(length));
  await expect(tryFile(path)).rejects.toThrow(`${path} is too long a name`);
});

test("tells a folder from the file it was taken for, be it there or not", async () => {
  await expect(tryFile(folder)).rejects.toThrow(`${folder} is a folder, expected a file`);
  await expect(tryFile(`${at("new")}/`)).rejects.toThrow("new/ is a folder, expected a file");
  expect(await readdir(folder)).toEqual([]);
});

test("writes several files of one new folder at once", async () => {
  await Promise.all(["a", "b", "c"].map((name) => writeWhole(at("new", name), name)));
  expect(await readdir(at("new"))).toEqual(["a", "b", "c"]);
});

test("writes into what a link points to, and into a device, and replaces neither", async () => {
  await symlink(at("file"), at("link"));
  await writeFile(at("file"), "old");
  await writeWhole(at("link"), "new");
  expect(await readFile(at("file"), "utf8")).toBe("new");
  await symlink("/dev/null", at("nothing"));
  await tryFile(at("nothing"));
  await writeWhole(at("nothing"), "gone");
  expect(await readFile("/dev/null", "utf8")).toBe("");
});

describe("each command looks at --out before it does anything, and says in one line what is wrong with it", () => {
  const GRAPH = ["stress/graph.js", "good.json"];
  const STRESS = ["stress/stress.js", "--to", "127.0.0.1:1"];
  const COMPARE = ["stress/compare.js"];
  const BENCH = ["stress/bench.js", "--quick"];
  const said = async ([script = "", ...args]: string[], out: string) => {
    await writeResults(at("good.json"), syntheticResults());
    await mkdir(at("comparison.png"), { recursive: true });
    await mkdir(at("LeastConnections.json"), { recursive: true });
    await using command = new CommandProcess(script, [...args, "--out", out], { cwd: folder });
    const { code, stdout, stderr } = await command.exit();
    return [code, stdout, stderr];
  };

  test.each([
    [GRAPH, "/proc/nope", "graph: /proc/nope does not exist and cannot be made\n"],
    [COMPARE, "/proc/nope", "compare: /proc/nope does not exist and cannot be made\n"],
    [STRESS, "/proc/nope/x.json", "stress: /proc/nope does not exist and cannot be made\n"],
    [BENCH, "/proc/nope/x.json", "bench: /proc/nope does not exist and cannot be made\n"],
    [GRAPH, "no/such", "graph: no does not exist\n"],
    [COMPARE, "no/such", "compare: no does not exist\n"],
    [STRESS, "no/such/x.json", "stress: no does not exist\n"],
    [BENCH, "no/such/x.json", "bench: no does not exist\n"],
    [GRAPH, "good.json", "graph: good.json is not a folder\n"],
    [COMPARE, "good.json", "compare: good.json is not a folder\n"],
    [STRESS, "comparison.png", "stress: comparison.png is a folder, expected a file\n"],
    [BENCH, "comparison.png", "bench: comparison.png is a folder, expected a file\n"],
    [GRAPH, ".", "graph: comparison.png is a folder, expected a file\n"],
    [COMPARE, ".", "compare: LeastConnections.json is a folder, expected a file\n"],
  ])("%j --out %s", async (command, out, line) => {
    expect(await said(command, out)).toEqual([1, "", line]);
  });

  test.each([[GRAPH], [COMPARE], [STRESS], [BENCH]])(
    "%j --out with nothing is wrong usage",
    async (command) => {
      const [code, stdout, stderr] = await said(command, "");
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^\w+: --out: expected .*, got nothing.*\n$/);
    },
  );
});
