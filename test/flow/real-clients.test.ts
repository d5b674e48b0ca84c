import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp } from "node:fs/promises";
import { Agent, createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectTls, createServer as createTlsServer } from "node:tls";
import { expect, test } from "vitest";
import type { SessionRecord } from "#lb/contract/record";
import type { Endpoint } from "#lb/core/address";
import { formatEndpoint, type SocketAddress } from "#lb/core/address";
import { type BalancerProcess, balancerProcess } from "../support/balancer-process.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { backend, dialPeer, type Peer } from "../support/peer.ts";
import { Postgres, type PostgresPrograms } from "../support/postgres.ts";
import { start } from "../support/process.ts";
import { installed, needing, output, Program } from "../support/program.ts";
import { Service } from "../support/service.ts";

const REQUESTS = 20_000;
const ab = installed("ab");
const postgres = { psql: installed("psql"), initdb: installed("initdb"), postgres: installed("postgres") };
const withPostgres = test.skipIf(Object.values(postgres).includes(undefined));
const openssh = { sshd: installed("sshd"), ssh: installed("ssh"), "ssh-keygen": installed("ssh-keygen") };
const PSQL = ["-X", "-q", "-A", "-t", "-U", "lb", "-d", "postgres", "-v", "ON_ERROR_STOP=1"];

test.skipIf(ab === undefined)(
  needing(`ab: of ${REQUESTS} requests, 1000 at a time, none fails`, { ab }),
  async () => {
    await using servers = start("servers/web.js", "127.0.0.1", "0", "--count", "3");
    await eventually(() => expect(servers.stdout.match(/\n/g)).toHaveLength(3));
    const ports = [...servers.stdout.matchAll(/:(\d+)$/gm)].map(([, port]) => loopback(Number(port)));
    await using balancer = await balancerProcess("round-robin", ports);
    const url = `http://${formatEndpoint(balancer.endpoint)}/`;
    const report = await output(ab as string, ["-q", "-n", String(REQUESTS), "-c", "1000", "-s", "30", url]);
    expect(report).toMatch(new RegExp(`Complete requests: +${REQUESTS}\n`));
    expect(report).toMatch(/Failed requests: +0\n/);
    expect(report).not.toContain("Non-2xx");
    expect(answered(await stopped(balancer))).toHaveLength(REQUESTS);
  },
  90_000,
);

withPostgres(
  needing("psql: queries, a table sent up, a large answer, a pause and a notification", postgres),
  async () => {
    await using server = await Postgres.start(postgres as PostgresPrograms);
    await using balancer = await balancerProcess("round-robin", [server.endpoint]);
    await using psql = new Program(postgres.psql as string, [...PSQL, ...hostAndPort(balancer.endpoint)]);
    const ask = async (query: string, pattern: RegExp) => {
      psql.child.stdin?.write(`${query}\n`);
      await eventually(() => expect(psql.stdout + psql.stderr).toMatch(pattern));
    };
    await ask("select 6 * 7;", /^42$/m);
    await ask(
      `create table t (n int); copy t from stdin;\n${lines(50_000)}\\.\nselect sum(n) from t;`,
      /^1249975000$/m,
    );
    await ask("listen news; select pg_sleep(0.3); select 'awake';", /^awake$/m);
    await output(postgres.psql as string, [
      ...PSQL,
      ...hostAndPort(balancer.endpoint),
      "-c",
      "notify news, 'hello'",
    ]);
    await ask("select 'told';", /notification "news" with payload "hello"/);
    await ask("select n, md5(n::text) from t order by n; select 'whole';", /^whole$/m);
    expect(psql.stdout).toContain(Array.from({ length: 50_000 }, (_, n) => `${n}|${md5(n)}\n`).join(""));
    psql.child.stdin?.end("\\q\n");
    expect([await psql.code(), psql.stderr]).toEqual([0, ""]);
    expect((await stopped(balancer)).map(({ ending }) => ending)).toEqual(["done", "done"]);
  },
  60_000,
);

test.skipIf(Object.values(openssh).includes(undefined))(
  needing("ssh: a login by key, a MiB sent up and down again, and a command's exit code", openssh),
  async () => {
    await using server = await sshServer();
    await using balancer = await balancerProcess("round-robin", [server.endpoint]);
    const sent = Buffer.alloc(2 ** 20, "0123456789abcdef");
    const login = server.login(balancer.endpoint as SocketAddress);
    await using copying = new Program(openssh.ssh as string, [...login, "cat; exit 7"]);
    copying.child.stdin?.end(sent);
    expect(await copying.code(), copying.stderr).toBe(7);
    expect(copying.stdout === sent.toString()).toBe(true);
    expect((await stopped(balancer)).map(({ ending }) => ending)).toEqual(["done"]);
  },
  60_000,
);

test("a mail session, where the server speaks first and closes last", async () => {
  await using server = await backend(mailServer);
  await using balancer = await balancerProcess("round-robin", [server.endpoint]);
  const client = await dialPeer(balancer.endpoint);
  const said = async (reply: string) => eventually(() => expect(client.text.endsWith(reply)).toBe(true));
  await said("220 mail\r\n");
  for (const line of ["HELO me", "MAIL FROM:<a@b>", "RCPT TO:<c@d>"]) {
    client.send(`${line}\r\n`);
    await said(`250 ${line.slice(0, 4)}\r\n`);
  }
  client.send("DATA\r\n");
  await said("354 go on\r\n");
  client.send(`${"a line of the mail\r\n".repeat(5_000)}.\r\n`);
  await said("250 100000 bytes\r\n");
  client.send("QUIT\r\n");
  expect(await client.outcome()).toBe("end");
  expect(client.text).toMatch(/221 bye\r\n$/);
  client.finish();
  expect(await stopped(balancer)).toMatchObject([{ ending: "done", bytesOut: client.length }]);
});

test("an HTTP agent that keeps its connections sends many requests over few sessions", async () => {
  await using server = await serving(createServer((asked, answer) => asked.pipe(answer)));
  await using balancer = await balancerProcess("round-robin", [server.endpoint]);
  const agent = new Agent({ keepAlive: true, maxSockets: 5 });
  const bodies = Array.from({ length: 200 }, (_, n) => `${n} `.repeat(n));
  const answers = await Promise.all(bodies.map((body) => post(balancer, agent, body)));
  expect(answers).toEqual(bodies);
  agent.destroy();
  expect(answered(await stopped(balancer))).toHaveLength(5);
});

test("a connection that was upgraded speaks on, both ways, in a protocol of its own", async () => {
  const http = createServer();
  http.on("upgrade", (_: IncomingMessage, socket: Socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello");
    socket.pipe(socket);
  });
  await using server = await serving(http);
  await using balancer = await balancerProcess("round-robin", [server.endpoint]);
  const asked = request({
    ...tcp(balancer.endpoint),
    headers: { Connection: "Upgrade", Upgrade: "echo" },
  }).end();
  const [, socket, head] = (await once(asked, "upgrade")) as [IncomingMessage, Socket, Buffer];
  socket.unshift(head);
  socket.end("frames".repeat(50_000));
  expect(await text(socket)).toBe(`hello${"frames".repeat(50_000)}`);
  expect(await stopped(balancer)).toMatchObject([{ ending: "done" }]);
});

test("TLS passes through to the server, which ends it", async () => {
  const secret = { ciphers: "PSK", minVersion: "TLSv1.2", maxVersion: "TLSv1.2" } as const;
  const psk = Buffer.alloc(32, 7);
  const tls = createTlsServer({ ...secret, pskCallback: () => psk }, (socket) => socket.pipe(socket));
  await using server = await serving(tls);
  await using balancer = await balancerProcess("round-robin", [server.endpoint]);
  const options = {
    ...secret,
    pskCallback: () => ({ psk, identity: "me" }),
    checkServerIdentity: () => undefined,
  };
  const socket = connectTls({ ...tcp(balancer.endpoint), ...options });
  socket.end("sealed".repeat(50_000));
  expect(await text(socket)).toBe("sealed".repeat(50_000));
  expect(await stopped(balancer)).toMatchObject([{ ending: "done" }]);
});

/** The records of a balancer that was told to stop and did. */
async function stopped(balancer: BalancerProcess): Promise<readonly SessionRecord[]> {
  balancer.signal("SIGTERM");
  expect(await balancer.exit()).toMatchObject({ code: 0, stderr: "" });
  return balancer.records;
}

/** Sessions that were answered and ended as they should. */
function answered(records: readonly SessionRecord[]): readonly SessionRecord[] {
  return records.filter(({ ending, bytesOut }) => ending === "done" && bytesOut > 0);
}

/** Just enough of SMTP. */
function mailServer(peer: Peer): void {
  let mail: string | undefined;
  let rest = "";
  const say = (line: string) => peer.send(`${line}\r\n`);
  const hear = (line: string) => {
    if (mail !== undefined && line !== ".") mail += `${line}\r\n`;
    else if (mail !== undefined) say(`250 ${mail.length} bytes`);
    else if (line === "QUIT") say("221 bye");
    else say(line === "DATA" ? "354 go on" : `250 ${line.slice(0, 4)}`);
    if (line === ".") mail = undefined;
    if (line === "DATA") mail = "";
    if (line === "QUIT" && mail === undefined) peer.finish();
  };
  say("220 mail");
  peer.socket.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("latin1")).split("\r\n");
    rest = lines.pop() as string;
    lines.forEach(hear);
  });
}

/** Any server of Node on a free port; at its end nothing of it is left. */
async function serving(server: Server) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    endpoint: loopback((server.address() as AddressInfo).port),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function post(balancer: BalancerProcess, agent: Agent, body: string): Promise<string> {
  const asked = request({ ...tcp(balancer.endpoint), method: "POST", agent }).end(body);
  const [answer] = (await once(asked, "response")) as [IncomingMessage];
  return text(answer);
}

function loopback(port: number): Endpoint {
  return { kind: "tcp", host: "127.0.0.1", port };
}

function tcp(endpoint: Endpoint): { host: string; port: number } {
  const { host, port } = endpoint as Extract<Endpoint, { kind: "tcp" }>;
  return { host, port };
}

function hostAndPort(endpoint: Endpoint): string[] {
  const { host, port } = tcp(endpoint);
  return ["-h", host, "-p", String(port)];
}

function lines(count: number): string {
  return Array.from({ length: count }, (_, n) => `${n}\n`).join("");
}

function md5(n: number): string {
  return createHash("md5").update(String(n)).digest("hex");
}

/** One that this account may log in to, with a key of its own. */
async function sshServer() {
  const [folder, port] = [await mkdtemp(join(tmpdir(), "ssh-")), await freePort()];
  const key = join(folder, "key");
  await output(openssh["ssh-keygen"] as string, ["-q", "-t", "ed25519", "-N", "", "-f", key]);
  // It starts the sessions of root from there, which its unit makes.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true });
  const settings = {
    ListenAddress: `127.0.0.1:${port}`,
    HostKey: key,
    AuthorizedKeysFile: `${key}.pub`,
    PidFile: "none",
    PermitRootLogin: "yes",
    StrictModes: "no",
    UsePAM: "no",
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const how = { endpoint: { kind: "tcp", host: "127.0.0.1", port }, folder, asRoot: true } as const;
  const args = ["-D", "-e", "-f", "/dev/null", ...options];
  const server = await Service.start(openssh.sshd as string, args, { ...how, ready: "Server listening" });
  const trust = ["-o", "StrictHostKeyChecking=no", "-o", `UserKnownHostsFile=${folder}/known`];
  const alone = ["-F", "/dev/null", "-i", key, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", ...trust];
  return Object.assign(server, {
    login: ({ host, port }: SocketAddress) => [
      "-p",
      String(port),
      ...alone,
      `${userInfo().username}@${host}`,
    ],
  });
}
