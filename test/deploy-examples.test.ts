import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { configured } from "./config/configured.ts";
import { configuredBalancer } from "./support/balancer-process.ts";
import { fileOf } from "./support/file-of.ts";

const folder = new URL("../deploy/examples/", import.meta.url);

test.each(readdirSync(folder))(
  "deploy/examples/%s is a configuration, and the balancer starts with it",
  async (name) => {
    const text = readFileSync(new URL(name, folder), "utf8");
    expect(configured(text).listeners.length).toBeGreaterThan(0);
    // The backends of an example are elsewhere, and its ports may be taken here.
    const here = text
      .replaceAll(/"0\.0\.0\.0:\d+"/g, '"127.0.0.1:0"')
      .replaceAll(/10\.0\.0\.\d+:\d+/g, "127.0.0.1:1");
    await using file = await fileOf(here);
    await using balancer = await configuredBalancer(file.path);
    await balancer.line(/"msg":"started"/);
  },
);
