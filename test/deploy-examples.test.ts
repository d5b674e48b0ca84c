import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { configured } from "./config/configured.ts";
import { configuredBalancer } from "./support/balancer-process.ts";
import { eventually } from "./support/eventually.ts";
import { fileOf } from "./support/file-of.ts";
import { run } from "./support/process.ts";

const folder = new URL("../deploy/examples/", import.meta.url);
const examples = readdirSync(folder);

test.each(examples)("deploy/examples/%s passes its check, and the balancer listens with it", async (name) => {
  const path = fileURLToPath(new URL(name, folder));
  expect(await run("lb.js", "check", "--config", path)).toMatchObject({ code: 0, stderr: "" });
  const text = readFileSync(path, "utf8");
  // The backends of an example are elsewhere, and its ports may be taken here.
  const here = text
    .replaceAll(/"0\.0\.0\.0:\d+"/g, '"127.0.0.1:0"')
    .replaceAll(/10\.0\.0\.\d+:\d+/g, "127.0.0.1:1");
  await using file = await fileOf(here);
  await using balancer = await configuredBalancer(file.path);
  const { listeners } = configured(text);
  await eventually(() => expect(balancer.stdout.match(/"msg":"listening"/g)).toHaveLength(listeners.length));
});

test("there is an example for each probe of a service", () => {
  const pools = examples.flatMap((name) =>
    Object.values(configured(readFileSync(new URL(name, folder), "utf8")).pools),
  );
  const probes = new Set(pools.map(({ health }) => health.probe.kind));
  expect(probes).toEqual(new Set(["http", "line", "mysql", "postgres", "redis"]));
});
