import { built, type Configuration, configured, writeTo } from "./balancer.ts";
import type { Place, Subject } from "./subject.ts";

/** Servers that backends share where they are more. */
const MOST_SERVERS = 1_000;
// Of TCPMUX, which nothing speaks any more.
const REFUSING_PORT = 1;
const QUIET = { level: "info", sessions: false };

/** Which backends a balancer has: in pools of equal size, of which the listener uses the first. */
interface Shape {
  readonly algorithm: string;
  readonly pools: number;
  readonly members: number;
}

/** A row of this balancer with many backends. Probes are off, as they would cost more than the choice, until all fail. */
function many(name: string, about: string, shape: Shape): Subject {
  return {
    name,
    about: `this balancer, ${about}`,
    backends: Math.min(shape.members, MOST_SERVERS),
    absent: built,
    command: configured((place) => steady(shape, place, 1)),
    fail(place, proxy) {
      writeTo(place, failing(shape));
      proxy.process.kill("SIGHUP");
      return shape.pools * shape.members;
    },
    reload(place, proxy, weight) {
      writeTo(place, steady(shape, place, weight));
      proxy.process.kill("SIGHUP");
    },
    extra: true,
  };
}

/** No probes, and a log that says when the file was read again. */
function steady(shape: Shape, { backends }: Place, weight: number): Configuration {
  return { pools: poolsOf(shape, backends, { probe: "off" }, weight), log: QUIET };
}

/** One probe each, which is refused, and a log that says so. */
function failing(shape: Shape): Configuration {
  const pools = poolsOf(shape, [REFUSING_PORT], { probe: "tcp", interval: "1h" });
  return { pools, log: QUIET };
}

function poolsOf({ algorithm, pools, members }: Shape, ports: Place["backends"], health: object, weight = 1) {
  const backends = Array.from({ length: members }, (_, index) => ({
    name: `b${index + 1}`,
    address: `127.0.0.1:${ports[index % ports.length]}`,
    weight,
  }));
  const pool = { algorithm, health, backends };
  const others = Array.from({ length: pools - 1 }, (_, index) => [`p${index + 2}`, pool]);
  return { p: pool, ...Object.fromEntries(others) };
}

function among(members: number, algorithm: string): Subject {
  const about = `choosing among ${members} backends by ${algorithm}`;
  return many(`lb-${algorithm}-${members}`, about, { algorithm, pools: 1, members });
}

/** The rows of many backends in one pool, by two algorithms, and of as many in small ones. */
export const manyBackends: readonly Subject[] = [
  ...[10, 100, 1_000, 10_000].map((members) => among(members, "round-robin")),
  ...[10, 100, 1_000, 10_000].map((members) => among(members, "p2c")),
  many("lb-pools-1000", "1000 pools of ten backends each", {
    algorithm: "round-robin",
    pools: 1_000,
    members: 10,
  }),
];
