import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Sample } from "#lb/contract/sample";
import { installed, needing } from "../../support/program.ts";
import { backendSample, listenerSample, metricsOf, poolSample } from "./readings.ts";

// Debian has it in the package prometheus, of which nothing has to run: apt-get download prometheus && dpkg -x prometheus*.deb .
const promtool = installed(process.env.LB_PROMTOOL ?? "promtool");
const root = new URL("../../../", import.meta.url);

const sample: Sample = {
  listeners: [
    listenerSample({ name: "[::1]:80", sessions: 1e15, maxSessions: Infinity, endings: { done: 3 } }),
  ],
  pools: [
    poolSample(3, {
      dialErrors: { "client-gone": 1 },
      backends: [backendSample("a@b", { operational: "down" })],
    }),
  ],
};

function metrics() {
  return metricsOf(() => sample, {
    store: () => ({ kind: "file", up: true }),
    copies: () => [{ template: "ping", wanted: 1, states: { running: 1 } }],
  });
}

describe.skipIf(promtool === undefined)(needing("promtool", { "promtool (LB_PROMTOOL)": promtool }), () => {
  test("accepts the text, and has nothing to say against any name or unit", async () => {
    const told = metrics();
    const { body } = await told.render(undefined);
    expect(ask(["check", "metrics"], body)).toEqual({ status: 0, said: "" });
  });

  test("reads the OpenMetrics text, every series of it", async () => {
    const told = metrics();
    const { body } = await told.render("application/openmetrics-text");
    const folder = mkdtempSync(join(tmpdir(), "openmetrics-"));
    try {
      // What makes blocks of a text wants to know when.
      const timed = body.replaceAll(/^[^#\n].*$/gm, (line) => `${line} 1790000000`);
      writeFileSync(join(folder, "metrics"), timed);
      // What dumps them wants one to be there.
      mkdirSync(join(folder, "wal"));
      const { status, said } = ask([
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        join(folder, "metrics"),
        folder,
      ]);
      expect({ status, errors: said.match(/error.*/i) }).toEqual({ status: 0, errors: null });
      const series = body.split("\n").filter((line) => line !== "" && !line.startsWith("#")).length;
      const dumped = ask(["tsdb", "dump", folder])
        .said.split("\n")
        .filter((line) => line.startsWith("{"));
      expect(dumped).toHaveLength(series);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ["check", "config", "deploy/prometheus/prometheus.yml"],
    ["check", "rules", "deploy/prometheus/alerts.yml"],
    ["test", "rules", "deploy/prometheus/alerts.test.yml"],
  ])("is content: promtool %s %s %s", (...words) => {
    const { status, said } = ask(words);
    expect({ status, said }).toMatchObject({ status: 0, said: expect.stringContaining("SUCCESS") });
  });
});

function ask(
  words: readonly string[],
  input = "",
): { readonly status: number | null; readonly said: string } {
  const { status, stdout, stderr } = spawnSync(promtool as string, words, {
    cwd: root,
    input,
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, said: `${stdout}${stderr}` };
}
