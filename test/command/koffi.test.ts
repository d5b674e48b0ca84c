import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { formatEndpoint } from "#lb/core/address";
import { BalancerProcess } from "../support/balancer-process.ts";
import { enginesHere } from "../support/engines.ts";
import { backend, dialPeer, echo } from "../support/peer.ts";
import { CommandProcess } from "../support/process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

test.skipIf(enginesHere.length === 0).each([
  ["without koffi, as `npm ci --omit=optional` leaves it", "koffi", ""],
  [
    "with a koffi that was installed for another kind of machine",
    "@koromix",
    ", which does not load: Cannot find the native Koffi module; did you bundle it correctly?",
  ],
])("a balancer %s says what an engine needs, and serves by sockets", async (_, missing, why) => {
  await using copy = await installedWithout(missing);
  for (const transport of ["epoll", "io_uring", "native"]) {
    await using refused = new CommandProcess(copy.lb, ["first", "--transport", transport]);
    expect(await refused.exit()).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `lb: transport: ${transport} needs Linux on x64 or arm64 and the package koffi${why}; expected auto, which takes what this machine has\n`,
    });
  }
  const file = join(copy.folder, "lb.json");
  const wants = ["auto", "native"].map((transport, n) => ({
    listen: `127.0.0.${n + 1}:0`,
    pool: "p",
    transport,
  }));
  const pools = { p: { backends: [{ address: "127.0.0.1:9" }] } };
  await writeFile(file, JSON.stringify({ listeners: wants, pools }));
  await using wanting = new CommandProcess(copy.lb, ["--config", file]);
  expect((await wanting.exit()).stderr).toContain("lb: listeners[1].transport: native needs Linux");
  await using server = await backend(echo);
  const to = ["--listen", "127.0.0.1:0", "--backend", formatEndpoint(server.endpoint)];
  await using balancer = new BalancerProcess(copy.lb, ["first", ...to], { env: { LB_TRANSPORT: undefined } });
  await balancer.listening();
  await balancer.line(/"transport":"sockets".*"msg":"started"/);
  expect(balancer.stdout.match(/"msg":"transport refused"/g)).toHaveLength(1);
  const client = await dialPeer(balancer.endpoint);
  client.send("all the same");
  expect((await client.bytes(12)).toString()).toBe("all the same");
  client.reset();
});

/** The project as it is built, with all its packages but one, or those of a scope. */
async function installedWithout(missing: string) {
  const folder = await mkdtemp(join(tmpdir(), "installed-"));
  const [from, to] = [join(ROOT, "node_modules"), join(folder, "node_modules")];
  await mkdir(to);
  for (const each of await readdir(from))
    if (each !== "koffi" && each !== missing && !each.startsWith("."))
      await symlink(join(from, each), join(to, each));
  // Behind a link it would find what it needs where it really is.
  if (missing !== "koffi") await cp(join(from, "koffi"), join(to, "koffi"), { recursive: true });
  await cp(join(ROOT, "dist"), join(folder, "dist"), { recursive: true });
  await cp(join(ROOT, "package.json"), join(folder, "package.json"));
  return {
    folder,
    lb: pathToFileURL(join(folder, "dist/lb.js")).href,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
