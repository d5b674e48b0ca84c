import { describe, expect, test } from "vitest";
import { EpollSet } from "#lb/transport/native/epoll-set";
import { type Libc, libc } from "#lb/transport/native/libc";
import { EPOLLOUT, SOCK_NONBLOCK_CLOEXEC } from "#lb/transport/native/linux";

describe.skipIf(libc() === undefined)("a step by epoll", () => {
  test.each<[string, boolean, string[]]>([
    ["and there is no other", false, ["connected"]],
    ["and others go on", true, ["connected", "opened", "goes on"]],
  ])(
    "says that streams were connected where others are told behind them: one is, %s",
    (_, others, expected) => {
      const library = libc() as Libc;
      const told: string[] = [];
      const nothing = () => {};
      const set = new EpollSet(library, {
        due: nothing,
        woke: nothing,
        occupied: nothing,
        opened: () => told.push("opened"),
        defect(error) {
          throw error;
        },
      });
      const { words, address } = library.memory(8);
      library.pipe2(address, SOCK_NONBLOCK_CLOEXEC);
      const member = {
        isConnecting: true,
        ready: () => told.push("connected"),
        goOn: () => told.push("goes on"),
      };
      set.add(words[1] as number, member, EPOLLOUT);
      if (others) set.goOnLater(member);
      set.step(0);
      expect(told).toEqual(expected);
      for (const descriptor of [...words.subarray(0, 2), set.fd]) library.close(descriptor);
    },
  );
});
