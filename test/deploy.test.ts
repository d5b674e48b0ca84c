import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { Config } from "#lb/config/config";
import { warnings } from "#lb/config/warnings";
import { formatEndpoint } from "#lb/core/address";
import { parseDuration } from "#lb/core/duration";
import { configured } from "./config/configured.ts";
import { blackHole, refusing } from "./support/dead-ends.ts";
import { backend } from "./support/peer.ts";
import { installed, needing, output, Program } from "./support/program.ts";
import { unixBackend } from "./support/unix-backend.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const examples = readdirSync(`${root}/deploy/examples`).map((name) => `deploy/examples/${name}`);
const configurations = ["deploy/compose/lb.yaml", "deploy/lab.yaml", "deploy/lb.example.yaml", ...examples];

describe("deploy/compose.yaml", () => {
  type Service = Readonly<Record<string, unknown>>;
  const { services } = parse(read("deploy/compose.yaml"), { merge: true }) as {
    services: Record<string, Service>;
  };
  const others = ["postgres", "prometheus", "grafana"];
  const ours = Object.entries(services).filter(([name]) => !others.includes(name));
  const servers = ours.filter(([name]) => name !== "lb");

  test("holds the balancer, its servers and a database, and on request what shows its metrics", () => {
    expect(Object.keys(services)).toEqual(["lb", "ping-1", "ping-2", "ping-3", ...others]);
    for (const name of ["prometheus", "grafana"]) expect(services[name]?.profiles).toEqual(["metrics"]);
  });

  test("Prometheus reads the balancer over its own loopback, and the dashboard is at hand", () => {
    expect(services.prometheus?.network_mode).toBe("service:lb");
    const mounts = [services.prometheus, services.grafana].flatMap((service) => service?.volumes as string[]);
    const here = mounts.filter((mount) => mount.startsWith("./")).map((mount) => mount.split(":")[0]);
    expect(here.filter((path) => !existsSync(`${root}/deploy/${path}`))).toEqual([]);
  });

  test.each(ours)("%s is nobody in particular, and can change nothing", (_, service) => {
    expect(service).toMatchObject({
      build: { context: "..", dockerfile: "deploy/Dockerfile" },
      user: "node",
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      restart: "unless-stopped",
    });
  });

  test.each(servers)("%s is asked whether it is well, where it listens", (name, service) => {
    expect(service).toMatchObject({
      entrypoint: ["node", "dist/servers/ping.js", "0.0.0.0", "9001"],
      command: ["--name", name],
      healthcheck: { test: ["CMD", "node", "deploy/healthy.mjs", "127.0.0.1:9001"] },
    });
  });

  test("the balancer's backends are the servers, and it waits until they are well", () => {
    const { lb } = services as { lb: Service };
    const names = servers.map(([name]) => name);
    const { backends } = configuration("deploy/compose/lb.yaml").pools.ping as Config["pools"][string];
    expect(backends.map(({ address }) => formatEndpoint(address))).toEqual(
      names.map((name) => `${name}:9001`),
    );
    const waited = Object.fromEntries(names.map((name) => [name, { condition: "service_healthy" }]));
    expect(lb.depends_on).toEqual(waited);
  });

  test("the balancer is given the folder of its configuration, in which a file may take another's place", () => {
    expect(services.lb?.volumes).toEqual(["./compose:/etc/lb:ro"]);
    expect(services.lb?.command).toEqual(["--config", "/etc/lb/lb.yaml"]);
    expect(existsSync(`${root}/deploy/compose/lb.yaml`)).toBe(true);
  });

  test("the store is the database, by the password that both are given", () => {
    const { lb, postgres } = services as { lb: Service; postgres: Service };
    const password = "${LB_POSTGRES_PASSWORD:-change-me}";
    expect(lb.environment).toEqual({ LB_POSTGRES_PASSWORD: password });
    expect(postgres.environment).toMatchObject({
      POSTGRES_USER: "lb",
      POSTGRES_DB: "lb",
      POSTGRES_PASSWORD: password,
    });
    const { store } = configuration("deploy/compose/lb.yaml");
    expect(store).toMatchObject({ kind: "postgres", url: "postgres://lb:change-me@postgres/lb" });
  });

  test("sessions have their whole grace before the balancer is killed", () => {
    const { grace } = configuration("deploy/compose/lb.yaml").shutdown;
    expect(parseDuration(services.lb?.stop_grace_period as string)).toBeGreaterThan(grace);
  });
});

describe("Compose itself", async () => {
  const compose = await installedCompose();

  test.skipIf(compose === undefined)(
    needing("accepts deploy/compose.yaml", { "docker compose": compose?.[0] }),
    async () => {
      const [program, ...words] = compose as [string, ...string[]];
      const read = parse(
        await output(program, [...words, "-f", "deploy/compose.yaml", "config"], { cwd: root }),
      );
      expect(Object.keys(read.services).sort()).toEqual(["lb", "ping-1", "ping-2", "ping-3", "postgres"]);
    },
  );
});

test.each(configurations)("%s is a configuration, of which there is nothing to warn", (path) => {
  expect(configuration(path).listeners.length).toBeGreaterThan(0);
  expect(warnings(configuration(path), Infinity)).toEqual([]);
});

describe("deploy/Dockerfile", () => {
  const lines = read("deploy/Dockerfile").split("\n");
  const copied = lines.filter((line) => line.startsWith("COPY ")).map((line) => line.split(" ").slice(1));
  const fromHere = copied.filter((words) => !words.some((word) => word.startsWith("--from=")));
  const sources = fromHere.flatMap((words) => words.filter((word) => !word.startsWith("--")).slice(0, -1));

  test("copies only what there is", () => {
    expect(sources.filter((path) => !existsSync(`${root}/${path}`))).toEqual([]);
  });

  test("copies everything the build reads", () => {
    const { references } = JSON.parse(read("tsconfig.json")) as { references: { path: string }[] };
    const parts = references.map(({ path }) => path.split("/")[1]);
    expect(sources).toEqual(
      expect.arrayContaining(["package.json", "package-lock.json", "tsconfig.json", ...parts]),
    );
  });

  test("holds what the page is made of beside its scripts", () => {
    expect(lines).toContain("COPY --from=build --chown=root:root /app/src/admin/page ./src/admin/page");
  });

  test("runs the balancer, not as root", () => {
    expect(lines).toEqual(expect.arrayContaining(["USER node", 'ENTRYPOINT ["node", "dist/lb.js"]']));
    expect(existsSync(sourceOf("dist/lb.js"))).toBe(true);
  });

  test("asks whether it is well at an address that the container may be given", () => {
    expect(lines.join("\n")).toMatch(/^HEALTHCHECK .* CMD \["node", "deploy\/healthy.mjs"\]$/m);
    expect(lines.join("\n")).toMatch(/^ENV .*\bLB_HEALTH_ADDRESS=127\.0\.0\.1:8080$/m);
  });
});

describe("deploy/lb.service", () => {
  const unit = new Map(
    [...read("deploy/lb.service").matchAll(/^(\w+)=(.*)$/gm)].map(([, key, value]) => [key, value as string]),
  );
  const verify = installed("systemd-analyze");

  test("checks the configuration, and starts the balancer that is installed", () => {
    const command = "node /opt/lb/dist/lb.js";
    expect(unit.get("ExecStartPre")).toBe(
      `/bin/sh -c 'exec ${command} check --config /etc/lb/lb.yaml >/dev/null'`,
    );
    expect(unit.get("ExecStart")).toBe(`/usr/bin/env ${command} --config /etc/lb/lb.yaml`);
    expect(existsSync(sourceOf("dist/lb.js"))).toBe(true);
    expect(unit.get("Documentation")).toBe("file:///opt/lb/README.md");
  });

  test("reads the file again at a reload, and gives sessions their whole grace at a stop", () => {
    expect(unit.get("ExecReload")).toBe("/bin/kill -HUP $MAINPID");
    expect(unit.get("KillSignal")).toBe("SIGTERM");
    const { grace } = configuration("deploy/lb.example.yaml").shutdown;
    const { servers } = configuration("deploy/lab.yaml");
    const ofCopies = Math.max(...Object.values(servers).map((template) => template.grace));
    const cutMs = 1_000;
    const longestMs = grace + cutMs + ofCopies;
    expect(parseDuration(unit.get("TimeoutStopSec") as string)).toBeGreaterThan(longestMs);
  });

  test("is told to stop alone, and ends its copies itself", () => {
    expect(unit.get("KillMode")).toBe("mixed");
  });

  test("starts it again, however often it ends, with many open files and few rights", () => {
    expect(Object.fromEntries(unit)).toMatchObject({
      Restart: "always",
      StartLimitIntervalSec: "0",
      LimitNOFILE: "65536",
      DynamicUser: "yes",
      NoNewPrivileges: "yes",
      ProtectSystem: "strict",
      ProtectHome: "yes",
      PrivateTmp: "yes",
      CapabilityBoundingSet: "CAP_NET_BIND_SERVICE",
      // Netlink is how it learns its own addresses.
      RestrictAddressFamilies: "AF_INET AF_INET6 AF_UNIX AF_NETLINK",
      SystemCallFilter: "@system-service",
      UMask: "0077",
    });
  });

  test.skipIf(verify === undefined)(
    needing("is a unit as systemd reads it", { "systemd-analyze": verify }),
    async () => {
      await output(verify as string, ["verify", "deploy/lb.service"], { cwd: root });
    },
  );
});

describe("deploy/healthy.mjs", () => {
  test.each(["127.0.0.1", "[::ffff:127.0.0.1]"])(
    "exits 0 where something accepts connections at %s",
    async (host) => {
      await using server = await backend();
      const [, port] = formatEndpoint(server.endpoint).split(":");
      expect(await healthy(`${host}:${port}`)).toBe(0);
    },
  );

  test("exits 0 where something accepts connections on a unix socket, and 1 where nothing is", async () => {
    await using server = await unixBackend();
    expect(await healthy(formatEndpoint(server.endpoint))).toBe(1);
    await server.open();
    expect(await healthy(formatEndpoint(server.endpoint))).toBe(0);
  });

  test("asks the address in LB_HEALTH_ADDRESS where it is given none", async () => {
    await using server = await backend();
    expect(await healthy(undefined, { LB_HEALTH_ADDRESS: formatEndpoint(server.endpoint) })).toBe(0);
    await using end = await refusing();
    expect(await healthy(undefined, { LB_HEALTH_ADDRESS: formatEndpoint(end.endpoint) })).toBe(1);
  });

  test.each(["unix:", "127.0.0.1", "127.0.0.1:99999"])(
    "answers %s with one line, and exits 1",
    async (text) => {
      await using check = asking(text);
      expect(await check.code()).toBe(1);
      expect(check.stderr).toBe(`healthy: expected host:port, [ipv6]:port or unix:/path, got "${text}"\n`);
    },
  );

  test.each([
    ["refuses", refusing],
    ["does not answer", blackHole],
  ])("exits 1 where the address %s", async (_, deadEnd) => {
    await using end = await deadEnd();
    expect(await healthy(formatEndpoint(end.endpoint))).toBe(1);
  });
});

describe("Taskfile.yml", () => {
  type Tasks = Record<string, { cmds: string[]; deps?: string[] }>;
  const { tasks } = parse(read("Taskfile.yml")) as { tasks: Tasks };
  const commands = Object.values(tasks)
    .flatMap(({ cmds }) => cmds)
    .join("\n");

  test("names only commands, scripts, files and tasks that there are", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: object };
    const run = [...commands.matchAll(/npm (?:run )?(\w+)/g)].map(([, script]) => script as string);
    expect(run.filter((script) => script !== "ci" && !(script in scripts))).toEqual([]);
    const built = [...commands.matchAll(/dist\/\S+\.js/g)].map(([path]) => sourceOf(path));
    const files = [...commands.matchAll(/deploy\/\S+/g)].map(([path]) => `${root}/${path}`);
    expect([...built, ...files].filter((path) => !existsSync(path))).toEqual([]);
    expect(Object.values(tasks).flatMap(({ deps = [] }) => deps.filter((name) => !(name in tasks)))).toEqual(
      [],
    );
  });
});

function read(path: string): string {
  return readFileSync(`${root}/${path}`, "utf8");
}

function configuration(path: string): Config {
  return configured(read(path));
}

/** What a command is built from. */
function sourceOf(built: string): string {
  const path = built.replace(/^dist\//, "").replace(/\.js$/, ".ts");
  return existsSync(`${root}/src/${path}`) ? `${root}/src/${path}` : `${root}/${path}`;
}

async function healthy(address: string | undefined, env: Readonly<Record<string, string>> = {}) {
  await using check = asking(address, env);
  return await check.code();
}

function asking(address: string | undefined, env: Readonly<Record<string, string>> = {}): Program {
  const args = [`${root}/deploy/healthy.mjs`, ...(address === undefined ? [] : [address])];
  return new Program(process.execPath, args, { env: { ...process.env, ...env } });
}

/** The words that start Compose: Docker's plugin, or the program of its own. */
async function installedCompose(): Promise<readonly string[] | undefined> {
  for (const words of [[installed("docker"), "compose"], [installed("docker-compose")]]) {
    const [program, ...rest] = words;
    if (program === undefined) continue;
    const works = await output(program, [...(rest as string[]), "version"]).catch(() => undefined);
    if (works !== undefined) return [program, ...(rest as string[])];
  }
  return undefined;
}
