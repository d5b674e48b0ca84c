import { describe, expect, test } from "vitest";
import { type Libc, libc, type Memory } from "#lb/transport/native/libc";
import { EACCES, EINVAL, EMFILE, ENOMEM, ENOSYS, EPERM } from "#lb/transport/native/linux";
import {
  ENTRIES_AT,
  QUEUES_AT,
  REGISTER_PBUF_RING,
  REGISTER_RING_FDS,
  UNREGISTER_RING_FDS,
} from "#lb/transport/native/uring-abi";
import { uringRefusal } from "#lb/transport/native/uring-refusal";
import { byUring, uringAbsence } from "../../support/engines.ts";

const FORBIDDEN = "is forbidden here, by kernel.io_uring_disabled or a seccomp profile as Docker's";

describe.skipIf(libc() === undefined)("io_uring", () => {
  const library = libc() as Libc;

  test.each([
    [EPERM, FORBIDDEN],
    [EACCES, FORBIDDEN],
    [ENOSYS, "is not in this kernel"],
    [EINVAL, "needs Linux 6.1 or newer"],
    [ENOMEM, "needs 128 KiB of memory that this user may lock and has not locked yet (ulimit -l)"],
    [EMFILE, "cannot be used here (io_uring_setup: EMFILE)"],
  ])("that the kernel refuses by error %i %s", (errno, words) => {
    expect(uringRefusal({ ...library, ioUringSetup: () => -1, errno: () => errno })).toBe(words);
  });
});

describe.skipIf(uringAbsence !== undefined)(byUring, () => {
  const library = libc() as Libc;

  test.each<[string, Partial<Libc>]>([
    ["all queues", { map: () => undefined }],
    ["queues", { map: (fd, at, bytes) => (at === QUEUES_AT ? undefined : library.map(fd, at, bytes)) }],
    ["entries", { map: (fd, at, bytes) => (at === ENTRIES_AT ? undefined : library.map(fd, at, bytes)) }],
    ["buffers", { pages: () => undefined }],
    ["groups of buffers", { ioUringRegister: refusedGroups(library), errno: () => ENOMEM }],
  ])("a refusal in the middle, of %s, leaves nothing behind", (_, failing) => {
    const held = new Set<string>();
    expect(uringRefusal(noting({ ...library, ...failing }, held))).toMatch(/128 KiB/);
    expect([...held]).toEqual([]);
  });

  test("where it can be had, to ask leaves nothing behind either", () => {
    const held = new Set<string>();
    expect(uringRefusal(noting(library, held))).toBeUndefined();
    expect([...held]).toEqual([]);
  });

  test("waits for the memory of a ring that was closed a moment before", () => {
    let attempts = 0;
    const slow: Libc = {
      ...library,
      ioUringSetup: (...args) => (attempts++ < 3 ? -1 : library.ioUringSetup(...args)),
      errno: () => (attempts <= 3 ? ENOMEM : library.errno()),
    };
    expect([uringRefusal(slow), attempts]).toEqual([undefined, 4]);
  });
});

function refusedGroups(library: Libc): Libc["ioUringRegister"] {
  return (ring, operation, ...rest) =>
    operation === REGISTER_PBUF_RING ? -1 : library.ioUringRegister(ring, operation, ...rest);
}

/** The same C library; what it has given and not been given back is listed. */
function noting(library: Libc, held: Set<string>): Libc {
  const given = (what: string, result: number) => {
    if (result >= 0) held.add(`${what} ${result}`);
    return result;
  };
  const mapped = (memory: Memory | undefined) => {
    if (memory !== undefined) held.add(`memory ${memory.address}`);
    return memory;
  };
  return {
    ...library,
    ioUringSetup: (...args) => given("descriptor", library.ioUringSetup(...args)),
    open: (...args) => given("descriptor", library.open(...args)),
    close(descriptor) {
      held.delete(`descriptor ${descriptor}`);
      return library.close(descriptor);
    },
    map: (...args) => mapped(library.map(...args)),
    pages: (bytes) => mapped(library.pages(bytes)),
    unmap(memory) {
      held.delete(`memory ${memory.address}`);
      library.unmap(memory);
    },
    ioUringRegister(ring, operation, ...rest) {
      const result = library.ioUringRegister(ring, operation, ...rest);
      if (operation === REGISTER_RING_FDS && result === 1) held.add("number of a ring");
      if (operation === UNREGISTER_RING_FDS && result === 1) held.delete("number of a ring");
      return result;
    },
  };
}
