import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { start } from "../support/process.ts";
import { SteeredProcess } from "../support/steered-process.ts";

test("getInfo is answered by each copy in turn; one that is gone leaves the pool, and without any it is 503", async () => {
  const servers = await Promise.all([1, 2].map(() => webServer()));
  await using lb = await SteeredProcess.start({
    listeners: [{ name: "web", listen: "127.0.0.1:0", pool: "copies", refuse: "http" }],
    pools: {
      copies: {
        health: { probe: "http", path: "/health", interval: "100ms", timeout: "1s", fall: 1 },
        backends: servers.map(({ address }) => ({ address })),
      },
    },
  });
  const portOf = async () => ((await lb.ask("GET", "/getInfo")).body as { port?: string }).port;
  const ports = servers.map(({ address }) => address.split(":")[1] as string);
  const asked = [await portOf(), await portOf(), await portOf(), await portOf()];
  expect(asked.toSorted()).toEqual([...ports, ...ports].toSorted());
  expect(asked[0]).not.toBe(asked[1]);
  await servers[0]?.process[Symbol.asyncDispose]();
  await eventually(() => expect(lb.balancer.stdout).toContain('"msg":"backend down"'));
  expect([await portOf(), await portOf()]).toEqual([ports[1], ports[1]]);
  await servers[1]?.process[Symbol.asyncDispose]();
  await eventually(() => expect(lb.balancer.stdout.match(/"msg":"backend down"/g)).toHaveLength(2));
  expect(await lb.ask("GET", "/getInfo")).toMatchObject({
    status: 503,
    body: { error: { code: "no-backend", message: "no backend may get new sessions" } },
  });
  expect(await lb.ask("GET", "/health")).toMatchObject({
    status: 200,
    body: { status: "degraded", reasons: ["the pool copies has no usable backend"] },
  });
});

test("its API can be browsed and tried out", async () => {
  await using lb = await SteeredProcess.start({
    listeners: [{ listen: "127.0.0.1:0", pool: "none" }],
    pools: { none: {} },
  });
  const page = await lb.ask("GET", "/docs/");
  expect(page.status).toBe(200);
  expect(String(page.body)).toContain("swagger-ui");
  const described = (await lb.ask("GET", "/docs/json")).body as { openapi: string; paths: object };
  expect(described.openapi).toBe("3.1.0");
  expect(Object.keys(described.paths)).toContain("/getInfo");
});

async function webServer() {
  const process = start("servers/web.js", "127.0.0.1", "0");
  const [, address] = await process.line(/listening on (\S+)/);
  return { process, address: address as string };
}
