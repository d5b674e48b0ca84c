import { describe, expect, test } from "vitest";
import type { Endpoint } from "#lb/core/address";
import { EpollEngine } from "#lb/transport/native/epoll";
import { NativeTransport } from "#lb/transport/native/index";
import { type Libc, libc } from "#lb/transport/native/libc";
import { EBADF } from "#lb/transport/native/linux";
import { UringEngine } from "#lb/transport/native/uring";
import { enginesHere } from "../../support/engines.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { dialPeer } from "../../support/peer.ts";

const ANY: Endpoint = { kind: "tcp", host: "127.0.0.1", port: 0 };

test.skipIf(libc() === undefined)(
  "a set by epoll that does not work any more throws, and does not try for ever",
  () => {
    const library = libc() as Libc;
    const broken: Libc = { ...library, epollWait: () => -1, errno: () => EBADF };
    const engine = new EpollEngine(broken, {
      due() {},
      woke() {},
      occupied() {},
      opened() {},
      defect() {},
    });
    expect(() => engine.step(0)).toThrow("epoll_wait: EBADF");
    library.close(engine.fd);
  },
);

describe.each(enginesHere)("by %s", (name) => {
  test("an owner that throws is told as a defect, and what else its step found is done", async () => {
    const library = libc() as Libc;
    const defects: unknown[] = [];
    const nothing = () => {};
    const Made = name === "epoll" ? EpollEngine : UringEngine;
    const engine = new Made(library, {
      due: nothing,
      woke() {},
      occupied: nothing,
      opened: nothing,
      defect: (error) => defects.push((error as Error).message),
    });
    const transport = new NativeTransport(new ManualClock(), library, engine);
    const open = async (name: string) => {
      const listening = await transport.listen(ANY, (connection) => {
        connection.reset();
        throw new Error(name);
      });
      return { listening, peer: await dialPeer(listening.endpoint) };
    };
    const both = [await open("one"), await open("other")];
    expect(engine.step(0)).toBe(2);
    expect(defects.sort()).toEqual(["one", "other"]);
    for (const { listening, peer } of both) {
      peer.reset();
      await listening.close("now");
    }
  });
});
