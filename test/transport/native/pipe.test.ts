import { describe, expect, test } from "vitest";
import { type Libc, libc } from "#lb/transport/native/libc";
import { EINTR, ENOMEM, SOCK_NONBLOCK_CLOEXEC } from "#lb/transport/native/linux";
import { Pipe } from "#lb/transport/native/pipe";

const NOWHERE = -1;

describe.skipIf(libc() === undefined)("a pipe that could not be poured", () => {
  const library = libc() as Libc;

  test("gives back all that it holds, also where a signal interrupts that", () => {
    let reads = 0;
    using source = sourceOf("one's own");
    const pipe = pipeWith(() => (reads++ === 0 ? EINTR : 0));
    pipe.fill(source.descriptor);
    expect(pipe.pour(NOWHERE)).toBe(false);
    expect([pipe.takeBack().toString(), reads]).toEqual(["one's own", 2]);
    pipe.close();
  });

  test("is a defect where it does not, as what is left would go to another", () => {
    using source = sourceOf("one's own");
    const pipe = pipeWith(() => ENOMEM);
    pipe.fill(source.descriptor);
    expect(() => pipe.takeBack()).toThrow("does not give back");
    pipe.close();
  });

  /** Whose reads fail as long as `errno` is not 0. */
  function pipeWith(errno: () => number): Pipe {
    let failed = 0;
    return Pipe.open({
      ...library,
      read(...args) {
        failed = errno();
        return failed === 0 ? library.read(...args) : -1;
      },
      errno: () => failed || library.errno(),
    }) as Pipe;
  }

  /** Another pipe, with that in it. */
  function sourceOf(text: string) {
    const memory = library.memory(64);
    library.pipe2(memory.address, SOCK_NONBLOCK_CLOEXEC);
    const [reading, writing] = [...memory.words] as [number, number];
    memory.bytes.write(text);
    library.write(writing, memory.address, text.length);
    return {
      descriptor: reading,
      [Symbol.dispose]() {
        for (const each of [reading, writing]) library.close(each);
      },
    };
  }
});
