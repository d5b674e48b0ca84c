import { built, configured, dist, lb } from "./balancer.ts";
import { guarded } from "./guarded.ts";
import { haproxy, haproxyTuned } from "./haproxy.ts";
import { manyBackends } from "./many.ts";
import { nginx } from "./nginx.ts";
import { steered } from "./steered.ts";
import type { Place, Subject } from "./subject.ts";
import { transports } from "./transports.ts";

const present = () => undefined;

const toBackends = ({ backends }: Place) => backends.map((port) => ({ address: `127.0.0.1:${port}` }));

const withoutKeepAlive = configured((place) => ({
  listener: { keepAlive: "off" },
  pools: { p: { keepAlive: "off", backends: toBackends(place) } },
}));

const fromAnAddress = configured((place) => ({
  pools: { p: { localAddress: "127.0.0.2", backends: toBackends(place) } },
}));

/** The rows, in the order they are shown. To add one, add it here. */
export const subjects: readonly Subject[] = [
  { name: "direct", about: "no proxy: what load and backend take alone", backends: 1, absent: present },
  {
    name: "pipe",
    about: "Node's pipe both ways, ten lines",
    backends: 1,
    absent: present,
    command: ({ port, backends }) => [
      process.execPath,
      dist("stress/bench/pipe.js"),
      `${port}`,
      `${backends[0]}`,
    ],
  },
  {
    name: "lb",
    about: "this balancer, without session records",
    backends: 1,
    absent: built,
    command: lb("--log-level=warn"),
  },
  {
    name: "lb-records",
    about: "this balancer, one record per session",
    backends: 1,
    absent: built,
    command: lb("--log-level=info"),
  },
  {
    name: "lb-guarded",
    about: "this balancer with health checks, access list, limits, token buckets, maximum age, PROXY peers",
    backends: 1,
    absent: built,
    command: guarded(),
  },
  ...steered,
  ...transports,
  {
    name: "lb-no-keepalive",
    about: "this balancer, asking no silent peer whether it is still there",
    backends: 1,
    absent: built,
    command: withoutKeepAlive,
    extra: true,
  },
  {
    name: "lb-local-address",
    about: "this balancer, dialling from an address of its own",
    backends: 1,
    absent: built,
    command: fromAnAddress,
    extra: true,
  },
  haproxy,
  haproxyTuned,
  nginx,
  ...manyBackends,
];
