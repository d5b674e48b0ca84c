import { existsSync, readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type Libc, libc } from "#lb/transport/native/libc";
import { CLOEXEC } from "#lb/transport/native/linux";
import { NOTHING } from "#lb/transport/native/uring-abi";
import { UringDescriptor } from "#lb/transport/native/uring-descriptor";
import { type Member, OPERATION, UringSet } from "#lb/transport/native/uring-set";
import { byUring, uringAbsence } from "../../support/engines.ts";

const HERE = fileURLToPath(import.meta.url);

describe.skipIf(uringAbsence !== undefined)(`a set ${byUring}`, () => {
  const library = libc() as Libc;

  test("a late completion of a descriptor that has another owner by now is dropped", () => {
    const { set, told } = open();
    // That no process has: it is not closed.
    const number = 65_000;
    const before = set.add(number, noting("first", told));
    set.start(NOTHING, number, 0, 0, 0, before | OPERATION.receive, 0, 0);
    // Against all rules: something is under way.
    set.close(number);
    const now = set.add(number, noting("second", told));
    set.start(NOTHING, number, 0, 0, 0, now | OPERATION.receive, 0, 0);
    set.step(0);
    expect(told).toEqual(["second"]);
    set.close(number);
    set.end();
  });

  test("a descriptor is given back when nothing is under way on it, and not before", () => {
    const { set, told } = open();
    const descriptor = new UringDescriptor(set, fresh(), noting("told", told));
    descriptor.start(OPERATION.send, NOTHING, 0, 0, 0);
    descriptor.start(OPERATION.receive, NOTHING, 0, 0, 0);
    descriptor.close(() => told.push("gone"));
    set.step(0);
    descriptor.ended(OPERATION.send);
    expect(told).toEqual(["told", "told"]);
    expect(isOpen(descriptor)).toBe(true);
    descriptor.ended(OPERATION.receive);
    expect(told).toEqual(["told", "told", "gone"]);
    set.step(0);
    expect(isOpen(descriptor)).toBe(false);
    set.end();
  });

  test("what was connected is told first, and once; then what waits for that may go on", () => {
    const { set, told } = open();
    const client = new UringDescriptor(set, fresh(), noting("client", told));
    const backend = new UringDescriptor(set, fresh(), noting("backend", told));
    client.start(OPERATION.receive, NOTHING, 0, 0, 0);
    backend.start(OPERATION.connect, NOTHING, 0, 0, 0);
    set.step(0);
    expect(told).toEqual(["backend", "opened", "client"]);
    client.ended(OPERATION.receive);
    backend.ended(OPERATION.connect);
    for (const each of [client, backend]) each.close(() => {});
    set.end();
  });

  test("the last descriptor is closed though no step follows", () => {
    const { set, occupied } = open();
    const descriptor = new UringDescriptor(set, fresh(), noting("nothing", []));
    expect(occupied).toEqual([true]);
    descriptor.close(() => {});
    expect(occupied).toEqual([true, false]);
    expect(isOpen(descriptor)).toBe(false);
    set.end();
  });

  test("says that a step has something to do once for all that a step does", () => {
    const { set, due } = open();
    const descriptor = new UringDescriptor(set, fresh(), noting("nothing", []));
    descriptor.start(OPERATION.send, NOTHING, 0, 0, 0);
    descriptor.start(OPERATION.receive, NOTHING, 0, 0, 0);
    expect([set.isDue, due()]).toEqual([true, 1]);
    set.step(0);
    expect([set.isDue, due()]).toEqual([false, 1]);
    for (const each of [OPERATION.send, OPERATION.receive]) descriptor.ended(each);
    descriptor.close(() => {});
    set.end();
  });

  function open() {
    let due = 0;
    const told: string[] = [];
    const occupied: boolean[] = [];
    const set = new UringSet(library, {
      due() {
        due += 1;
      },
      woke() {},
      occupied: (isOccupied) => occupied.push(isOccupied),
      opened: () => told.push("opened"),
      defect(error) {
        throw error;
      },
    });
    return { set, told, occupied, due: () => due };
  }

  function fresh(): number {
    return library.open(HERE, CLOEXEC);
  }
});

/** Its number may be that of another thread's file a moment later. */
function isOpen({ number }: UringDescriptor): boolean {
  const link = `/proc/self/fd/${number}`;
  return existsSync(link) && readlinkSync(link) === HERE;
}

function noting(name: string, told: string[]): Member {
  return { completed: () => told.push(name) };
}
