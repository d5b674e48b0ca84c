import { execFileSync } from "node:child_process";
import {
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { FileStore } from "#lb/store/file/store";
import { StoreDown, StoreFull } from "#lb/store/store";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { client, opened, storeOf, storeRules } from "./contract.ts";
import { Noted } from "./noted.ts";

const folder = () => mkdtemp(join(tmpdir(), "store-"));
const fresh = async () => ({ kind: "file", path: join(await folder(), "clients.json") }) as const;

describe("a store in a file", () => {
  storeRules(fresh);

  test("is text for people, 0600, also where the file was open to others", async () => {
    const settings = await fresh();
    await writeFile(settings.path, '{"schema":"lb-store/1","clients":{},"backends":{}}', { mode: 0o644 });
    await using first = await opened(settings);
    await first.store.save([client("user1", { capacity: 10, ratePerSec: 1 }), client("user2", 2)]);
    await first.store.saveTokens(new Map([["user1", 1.5]]), 7);
    expect(await readFile(settings.path, "utf8")).toMatchInlineSnapshot(`
      "{
        "schema": "lb-store/1",
        "clients": {
          "user1": {"capacity":10,"ratePerSec":1},
          "user2": 2
        },
        "backends": {}
      }
      "
    `);
    expect(await readFile(`${settings.path}.tokens`, "utf8")).toMatchInlineSnapshot(`
      "{
        "schema": "lb-tokens/1",
        "atMs": 7,
        "tokens": {
          "user1": 1.5
        }
      }
      "
    `);
    expect((await stat(settings.path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(settings.path, ".."))).toEqual([
      "clients.json",
      "clients.json.lock",
      "clients.json.tokens",
    ]);
  });

  test.each([
    ["", /is not JSON/],
    ['{"schema":"lb-store/1","clients":{', /is not JSON: .*position/],
    ["[]", /another program's file: schema: expected "lb-store\/1"/],
    ['{"name":"app","version":"1.0.0"}', /another program's file/],
    ['{"schema":"lb-stress/1"}', /another program's file/],
    [
      '{"schema":"lb-store/2","clients":{},"backends":{}}',
      /newer version of the balancer: it has schema lb-store\/2/,
    ],
    ['{"schema":"lb-store/1","clients":[],"backends":{}}', /is damaged: clients: expected an object/],
    ['{"schema":"lb-store/1","clients":{}}', /is damaged: backends: expected an object/],
  ])("refuses %s, and leaves it as it is", async (text, wrong) => {
    const settings = await fresh();
    await writeFile(settings.path, text);
    await expect(storeOf(settings).open(new Noted())).rejects.toThrow(wrong);
    expect(await readFile(settings.path, "utf8")).toBe(text);
  });

  test("refuses tokens that are not its own, and leaves them as they are", async () => {
    const settings = await fresh();
    await writeFile(`${settings.path}.tokens`, '{"schema":"lb-tokens/1","atMs":1,"tokens":{"a":"x"}}');
    await expect(storeOf(settings).open(new Noted())).rejects.toThrow(
      "is damaged: tokens: a: expected a number",
    );
  });

  test("says that the folder is missing, and that the path is a folder", async () => {
    const here = await folder();
    const missing = storeOf({ kind: "file", path: join(here, "none", "a.json") }).open(new Noted());
    await expect(missing).rejects.toThrow(/none, the folder of the store, does not exist/);
    await mkdir(join(here, "a.json"));
    await expect(storeOf({ kind: "file", path: join(here, "a.json") }).open(new Noted())).rejects.toThrow(
      /is not a file/,
    );
  });

  test("writes what a symbolic link leads to, also before it is there", async () => {
    const here = await folder();
    const path = join(here, "link.json");
    await symlink("real.json", path);
    await using first = await opened({ kind: "file", path });
    await first.store.save([client("a", 1)]);
    expect(await readlink(path)).toBe("real.json");
    expect(JSON.parse(await readFile(join(here, "real.json"), "utf8")).clients).toEqual({ a: 1 });
    await expect(storeOf({ kind: "file", path: join(here, "real.json") }).open(new Noted())).rejects.toThrow(
      "in use",
    );
  });

  test("has 10 000 clients at most, and one call too many fails alone", async () => {
    await using first = await opened(await fresh());
    await first.store.save(Array.from({ length: 9_999 }, (_, n) => client(`c${n}`, n)));
    const saves = ["x", "y", "c0"].map((key) => first.store.save([client(key, 1)]));
    const [x, y, c0] = await Promise.allSettled(saves);
    expect([x?.status, c0?.status]).toEqual(["fulfilled", "fulfilled"]);
    expect(y).toMatchObject({ status: "rejected", reason: expect.any(StoreFull) });
    await first.store.save([client("x", null), client("y", 1)]);
  });

  test("a disk that stands still fails a save in time, and what was answered with no is not kept later", async () => {
    const settings = await fresh();
    {
      await using first = await opened(settings);
      await first.store.save([client("a", 1)]);
      // The system opens a FIFO for writing once another opens it for reading.
      const beside = `${settings.path}.new`;
      execFileSync("mkfifo", [beside]);
      await expect(first.store.save([client("a", 2)])).rejects.toMatchObject({ uncertain: true });
      await expect(first.store.save([client("a", 3)])).rejects.toThrow("could not be written within 1000 ms");
      const reader = await open(beside, "r");
      await rm(beside);
      await eventually(() => expect(first.store.status.up).toBe(true));
      await reader.close();
      expect(JSON.parse(await readFile(settings.path, "utf8")).clients).toEqual({ a: 1 });
      await first.store.save([client("b", 4)]);
    }
    await using again = await opened(settings);
    expect(Object.fromEntries(again.kept.clients)).toEqual({ a: 1, b: 4 });
  });

  test("takes no more than it could read again: what would make the file larger than 64 MiB fails alone, and what makes it smaller is taken", async () => {
    const settings = await fresh();
    {
      // By a clock that stands still no write is late, however busy the machine is.
      await using first = await opened(settings, new ManualClock());
      await first.store.save([client("a", "x".repeat(1_000))]);
      const large = client("b", "x".repeat(64 * 2 ** 20));
      const results = await Promise.allSettled([
        first.store.save([large]),
        first.store.save([client("c", 3)]),
      ]);
      expect(results).toMatchObject([{ reason: expect.any(StoreFull) }, { status: "fulfilled" }]);
      await expect(first.store.save([large])).rejects.toThrow("the store takes 64 MiB at most");
      await first.store.save([client("a", 1)]);
      expect(first.store.status.up).toBe(true);
    }
    await using again = await opened(settings);
    expect(Object.fromEntries(again.kept.clients)).toEqual({ a: 1, c: 3 });
  });

  test("tokens that cannot be saved are told, by the path that is in the way, while settings are saved", async () => {
    const settings = await fresh();
    await using first = await opened(settings);
    const inTheWay = `${settings.path}.tokens.new`;
    await mkdir(inTheWay);
    for (const left of [1, 2])
      await expect(first.store.saveTokens(new Map([["a", left]]), 1)).rejects.toThrow(
        `${inTheWay} is a folder`,
      );
    expect(first.store.status).toMatchObject({ up: false, reason: expect.stringContaining(inTheWay) });
    await first.store.save([client("a", 1)]);
    expect(first.store.status.up).toBe(false);
    await rm(inTheWay, { recursive: true });
    await first.store.saveTokens(new Map([["a", 3]]), 1);
    expect(first.events.statuses.map(({ up }) => up)).toEqual([false, true]);
  });

  test("settings that cannot be written name the path that is in the way", async () => {
    const settings = await fresh();
    await using first = await opened(settings);
    await mkdir(`${settings.path}.new`);
    await expect(first.store.save([client("a", 1)])).rejects.toThrow(`${settings.path}.new is a folder`);
    await rm(`${settings.path}.new`, { recursive: true });
    await eventually(() => expect(first.store.status.up).toBe(true));
    await rm(settings.path);
    await mkdir(settings.path);
    await expect(first.store.save([client("a", 1)])).rejects.toThrow(`${settings.path} is a folder`);
    await rm(settings.path, { recursive: true });
  });

  test("a stop while a late write is mended still takes back what was answered with no", async () => {
    const { path } = await fresh();
    const clock = new ManualClock();
    const store = new FileStore(path, clock);
    await store.open(new Noted());
    await store.save([client("a", 1)]);
    const saved = store.save([client("a", 2)]);
    saved.catch(() => {});
    // The write has begun, and no disk is so quick.
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(1_000);
    await expect(saved).rejects.toMatchObject({ uncertain: true });
    await store.close();
    await using again = await opened({ kind: "file", path });
    expect(again.kept.clients.get("a")).toBe(1);
  });

  test.skipIf(!canMount())(
    "a full disk keeps what was there, and the next save after there is room is taken",
    async () => {
      const here = await folder();
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", here]);
      try {
        const settings = { kind: "file", path: join(here, "clients.json") } as const;
        {
          await using first = await opened(settings);
          await first.store.save([client("a", "small")]);
          const big = first.store.save([client("a", "large".repeat(20_000))]);
          await expect(big).rejects.toThrow(StoreDown);
          await expect(big).rejects.toThrow("the disk is full");
          expect(JSON.parse(await readFile(settings.path, "utf8")).clients).toEqual({ a: "small" });
          await eventually(() => expect(first.store.status.up).toBe(true));
          expect(first.events.statuses.map(({ up }) => up)).toEqual([false, true]);
          await first.store.save([client("a", "again")]);
        }
        await using again = await opened(settings);
        expect(again.kept.clients.get("a")).toBe("again");
      } finally {
        execFileSync("umount", [here]);
      }
    },
  );
});

function canMount(): boolean {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
