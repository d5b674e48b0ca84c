import { readFileSync } from "node:fs";
import { chmod, chown, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { PoolConfig } from "#lb/config/config";
import type { Endpoint } from "#lb/core/address";
import { systemClock as clock } from "#lb/core/clock";
import { probe } from "#lb/health/probe";
import type { AskingSettings } from "#lb/health/probes/index";
import type { Step } from "#lb/health/probes/line";
import { configured } from "../config/configured.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { dialPeer } from "../support/peer.ts";
import { installed, needing, output, unprivileged } from "../support/program.ts";
import { redis, redisServer } from "../support/redis.ts";
import { ownFolder, Service } from "../support/service.ts";
import { testTransport } from "../support/transport.ts";

const transport = testTransport(clock);
const [mariadbd, install] = [installed("mariadbd") ?? installed("mysqld"), installed("mariadb-install-db")];
const [initdb, postgres, openssl] = [installed("initdb"), installed("postgres"), installed("openssl")];
const [mosquitto, postfix] = [installed("mosquitto"), installed("postfix")];

test.skipIf(mariadbd === undefined || install === undefined)(
  needing("MariaDB blocks no host for its probes, by tcp or by a login", { mariadbd, install }),
  async () => {
    await using server = await mariadb();
    const mysql = { kind: "mysql", user: "check" } as const;
    expect(await probed(server, mysql, { times: 120, from: "127.0.0.15" })).toEqual([undefined]);
    expect(await probed(server, { ...mysql, user: "nobody" }, { from: "127.0.0.15" })).toEqual([
      expect.stringContaining("expected a login of nobody, got error 1045: Access denied for user 'nobody'"),
    ]);
    // What the first probes had done would show here.
    expect(await probed(server, { kind: "tcp" }, { times: 99, from: "127.0.0.15" })).toEqual([undefined]);
    expect(await probed(server, mysql, { from: "127.0.0.15" })).toEqual([undefined]);
    // Each connection that says nothing counts, and after a hundred of them the host is blocked.
    expect(await probed(server, { kind: "tcp" }, { times: 110, from: "127.0.0.16" })).toEqual([undefined]);
    expect(await probed(server, mysql, { from: "127.0.0.16" })).toEqual([undefined]);
  },
);

test.skipIf(initdb === undefined || postgres === undefined || openssl === undefined)(
  needing("a probe of PostgreSQL is answered, with TLS and without, and leaves no line in its log", {
    initdb,
    postgres,
    openssl,
  }),
  async () => {
    for (const ssl of ["off", "on"] as const) {
      await using server = await postgresWith(ssl);
      const before = server.log;
      expect(await probed(server, { kind: "postgres" }, { times: 20 })).toEqual([undefined]);
      // A line that a probe left would have come before this one.
      await unknownUser(server);
      await eventually(() => expect(server.log).toContain("nobody"));
      expect(server.log.slice(before.length).trim().split("\n")).toHaveLength(1);
      await server.stop();
      expect(await probed(server, { kind: "postgres" })).toEqual(["connect: refused (ECONNREFUSED)"]);
    }
  },
);

test.skipIf(redis === undefined)(
  needing("a probe of Redis is told the role, after the password, by itself or in steps", { redis }),
  async () => {
    await using server = await redisServer("s3cret");
    const asked = { kind: "redis", password: "s3cret", role: "master" } as const;
    const steps: Step[] = [
      { send: "AUTH s3cret\r\n", expect: "+OK" },
      { send: "INFO replication\r\n", contains: "role:master" },
    ];
    const before = server.log;
    expect(await probed(server, asked, { times: 20 })).toEqual([undefined]);
    expect(await probed(server, { kind: "line", steps })).toEqual([undefined]);
    expect(server.log).toBe(before);
    expect(await probed(server, { kind: "redis" })).toEqual([
      'expected "+PONG", got "-NOAUTH Authentication required."',
    ]);
    expect(await probed(server, { ...asked, password: "other" })).toEqual([
      expect.stringContaining('expected "+OK", got "-WRONGPASS'),
    ]);
    await say(server, "AUTH s3cret\r\nREPLICAOF 127.0.0.1 1\r\n", 10);
    expect(await probed(server, asked)).toEqual(['expected the role master, got "slave"']);
    expect(await probed(server, { ...asked, role: "replica" })).toEqual([undefined]);
    // It keeps the connection: that nothing more comes is known at the end of the time.
    expect(await probed(server, { kind: "line", steps }, { timeoutMs: 200 })).toEqual(["no answer in time"]);
  },
);

test.skipIf(mosquitto === undefined)(
  needing("Mosquitto is asked as an MQTT client asks, and left as one leaves", { mosquitto }),
  async () => {
    await using server = await mosquittoServer();
    expect(await probed(server, exampleOf("mqtt.yaml"))).toEqual([undefined]);
    await eventually(() => expect(server.log).toContain("Client lb disconnected."));
  },
);

test.skipIf(postfix === undefined || process.getuid?.() !== 0)(
  needing("Postfix, which is listened to first, is left without a complaint", {
    postfix,
    root: process.getuid?.() === 0 ? "root" : undefined,
  }),
  async () => {
    await using server = await postfixServer();
    expect(await probed(server, exampleOf("smtp.yaml"))).toEqual([undefined]);
    await eventually(() => expect(server.log).toContain("quit=1 commands=1"));
    expect(server.log).not.toContain("pipelining");
  },
);

/** The probe of an example, which has one pool. */
function exampleOf(name: string): AskingSettings {
  const path = new URL(`../../deploy/examples/${name}`, import.meta.url);
  const [pool] = Object.values(configured(readFileSync(path, "utf8")).pools) as [PoolConfig];
  return pool.health.probe as AskingSettings;
}

/** The different outcomes of so many probes, one after the other. */
async function probed(
  { endpoint }: { readonly endpoint: Endpoint },
  settings: AskingSettings,
  { times = 1, from, timeoutMs = 10_000 }: { times?: number; from?: string; timeoutMs?: number } = {},
): Promise<(string | undefined)[]> {
  const outcomes = new Set<string | undefined>();
  const tools = { transport, clock, timeoutMs, localAddress: from };
  for (let i = 0; i < times; i++) outcomes.add(await probe(endpoint, settings, tools));
  return [...outcomes];
}

async function say({ endpoint }: Service, text: string, answerBytes: number): Promise<void> {
  const peer = await dialPeer(endpoint);
  peer.send(text);
  await peer.bytes(answerBytes);
  peer.reset();
}

/** Has a server log that it knows no such user. */
async function unknownUser({ endpoint }: Service): Promise<void> {
  const peer = await dialPeer(endpoint);
  const words = Buffer.from("user\0nobody\0\0");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(head.length + words.length, 0);
  head.writeUInt32BE(3 << 16, 4);
  peer.send(Buffer.concat([head, words]));
  await peer.outcome();
  peer.reset();
}

async function local(): Promise<{ kind: "tcp"; host: string; port: number }> {
  return { kind: "tcp", host: "127.0.0.1", port: await freePort() };
}

/** One with a user `check` that needs no password. */
async function mariadb(): Promise<Service> {
  const folder = await ownFolder("maria");
  const [data, init, endpoint] = [join(folder, "data"), join(folder, "init.sql"), await local()];
  await writeFile(init, "CREATE USER 'check'@'%';\n");
  const auth = ["--auth-root-authentication-method=normal", "--skip-test-db"];
  const how = { ...unprivileged(), cwd: folder };
  await output(install as string, ["--no-defaults", `--datadir=${data}`, ...auth], how);
  const where = [`--port=${endpoint.port}`, "--bind-address=127.0.0.1", `--socket=${folder}/s`];
  const args = ["--no-defaults", `--datadir=${data}`, ...where, `--init-file=${init}`];
  return Service.start(mariadbd as string, args, { endpoint, folder, ready: "ready for connections" });
}

async function postgresWith(ssl: "on" | "off"): Promise<Service> {
  const folder = await ownFolder("pg");
  const [data, endpoint, account] = [join(folder, "data"), await local(), unprivileged()];
  const how = { ...account, cwd: folder, env: { ...process.env, LC_ALL: "C" } };
  await output(initdb as string, ["-D", data, "-U", "lb", "-A", "trust", "--no-sync"], how);
  const key = ["-keyout", join(data, "server.key"), "-out", join(data, "server.crt")];
  await output(openssl as string, ["req", "-new", "-x509", "-nodes", "-subj", "/CN=lb", ...key], how);
  await chmod(join(data, "server.key"), 0o600);
  const settings = { listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off", ssl };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return Service.start(postgres as string, ["-D", data, "-p", String(endpoint.port), ...flags], {
    endpoint,
    folder,
    ready: "ready to accept connections",
  });
}

async function mosquittoServer(): Promise<Service> {
  const [folder, endpoint] = [await ownFolder("mqtt"), await local()];
  const config = join(folder, "mosquitto.conf");
  await writeFile(config, `listener ${endpoint.port} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\n`);
  return Service.start(mosquitto as string, ["-c", config], { endpoint, folder, ready: " running" });
}

/** Nothing of Postfix but its server of SMTP. */
async function postfixServer(): Promise<Service> {
  const [folder, endpoint] = [await ownFolder("mail"), await local()];
  const [config, logFile] = [join(folder, "etc"), join(folder, "log")];
  for (const name of ["etc", "queue", "data"]) await mkdir(join(folder, name));
  await chmod(folder, 0o755);
  const [uid, gid] = (await output("/usr/bin/env", ["sh", "-c", "id -u postfix; id -g postfix"])).split("\n");
  await chown(join(folder, "data"), Number(uid), Number(gid));
  const settings = {
    compatibility_level: "3.6",
    queue_directory: join(folder, "queue"),
    data_directory: join(folder, "data"),
    inet_protocols: "ipv4",
    myhostname: "mail.example",
    local_recipient_maps: "",
    maillog_file: logFile,
    maillog_file_prefixes: folder,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  await writeFile(join(config, "main.cf"), lines.join(""));
  const services = ["postlog unix-dgram n - n - 1 postlogd", "anvil unix - - n - 1 anvil"];
  const smtp = `127.0.0.1:${endpoint.port} inet n - n - - smtpd`;
  await writeFile(join(config, "master.cf"), `${[smtp, ...services].join("\n")}\n`);
  await output(postfix as string, ["-c", config, "check"]);
  const daemons = await output("/usr/bin/env", ["postconf", "-c", config, "-h", "daemon_directory"]);
  const args = ["-c", config, "-d"];
  const how = { endpoint, folder, ready: "daemon started", asRoot: true, logFile };
  return Service.start(join(daemons.trim(), "master"), args, how);
}
