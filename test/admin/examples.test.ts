import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { formatEndpoint } from "#lb/core/address";
import { installed, needing, output } from "../support/program.ts";
import { adminFile, administered, ownFolder } from "./administered.ts";

const PAGE = readFileSync(new URL("../../docs/admin-api.md", import.meta.url), "utf8");
/** The stream of events never ends; that it begins is enough. */
const ask = (line: string) =>
  `curl -s -m ${line.includes("/events") ? 5 : 50} -o answer -w "%{http_code}\\n"`;
const curl = installed("curl");

test.skipIf(curl === undefined)(
  needing("each example of docs/admin-api.md does what it says", { curl }),
  async () => {
    const [examples = ""] = PAGE.split("## Who may call");
    const lines = examples.split("\n").flatMap((line) => /^ {4}(\w.*)$/.exec(line)?.[1] ?? []);
    const variables = lines.filter((line) => /^[A-Z]+=/.test(line));
    const asked = lines.filter((line) => line.startsWith("curl "));
    expect(asked.length).toBeGreaterThan(8);
    await using api = await administered(
      adminFile().replace("pool: p", "pool: ping").replace("{ p:", "{ ping:"),
    );
    const cwd = await ownFolder();
    await writeFile(join(cwd, "lb.yaml"), adminFile());
    for (const line of asked) {
      const told = line.replace(/ +#.*| \| jq .*/g, "").replace(/^curl(?: -s)?/, ask(line));
      const script = [...variables, `${told} || true`]
        .join("\n")
        .replaceAll("localhost:8081", formatEndpoint(api.endpoint));
      expect([line, await output("/bin/sh", ["-c", script], { cwd })]).toEqual([
        line,
        expect.stringMatching(/^20[014]\n$/),
      ]);
    }
  },
  300_000,
);
