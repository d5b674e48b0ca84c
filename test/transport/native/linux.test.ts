import { constants } from "node:os";
import { expect, test } from "vitest";
import { type Libc, libc } from "#lb/transport/native/libc";
import {
  CLOEXEC,
  EAGAIN,
  EPOLL_CTL_ADD,
  EPOLLIN,
  eventLayoutOf,
  SOCK_NONBLOCK_CLOEXEC,
} from "#lb/transport/native/linux";

test.each([
  { architecture: "x64", layout: { descriptor: 1, generation: 2, stride: 3 } },
  { architecture: "arm64", layout: { descriptor: 2, generation: 3, stride: 4 } },
])("an epoll_event of $architecture is laid out as in its header", ({ architecture, layout }) => {
  expect(eventLayoutOf(architecture)).toEqual(layout);
});

test("error numbers are the system's", () => {
  expect(EAGAIN).toBe(constants.errno.EWOULDBLOCK);
});

test.skipIf(libc() === undefined)("the kernel fills in events of this machine's layout", () => {
  const library = libc() as Libc;
  const { descriptor, generation, stride } = eventLayoutOf(process.arch);
  const ends = library.memory(8);
  expect(library.pipe2(ends.address, SOCK_NONBLOCK_CLOEXEC)).toBe(0);
  const [reading, writing] = ends.words as unknown as [number, number];
  const set = library.epollCreate(CLOEXEC);
  const event = library.memory(stride * 8);
  event.words[0] = EPOLLIN;
  event.words[descriptor] = reading;
  event.words[generation] = 41;
  library.epollCtl(set, EPOLL_CTL_ADD, reading, event.address);
  event.words.fill(0);
  library.send(writing, event.address, 1, 0);
  expect(library.epollWait(set, event.address, 2, 0)).toBe(0);
  expect(library.write(writing, event.address, 1)).toBe(1);
  expect(library.epollWait(set, event.address, 2, 0)).toBe(1);
  expect([event.words[0], event.words[descriptor], event.words[generation]]).toEqual([EPOLLIN, reading, 41]);
  for (const each of [reading, writing, set]) library.close(each);
});
