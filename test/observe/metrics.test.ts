import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { scales } from "#lb/contract/histogram";
import type { Sample } from "#lb/contract/sample";
import { families } from "#lb/observe/metrics/families";
import { fleet } from "../support/fleet.ts";
import { lab, plainListener, plainPool } from "../support/lab.ts";
import {
  backendSample,
  listenerSample,
  metricsOf,
  poolSample,
  seriesOf,
  spread,
} from "./metrics/readings.ts";

const OPENMETRICS = "application/openmetrics-text";
const EMPTY: Sample = { listeners: [listenerSample()], pools: [poolSample(0)] };

describe("metrics", () => {
  test("tell in both formats the same series, each under the content type of its format", async () => {
    const metrics = metricsOf(() => EMPTY);
    const [text, open] = [await metrics.render(undefined), await metrics.render(OPENMETRICS)];
    expect(text.contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(open.contentType).toBe("application/openmetrics-text; version=1.0.0; charset=utf-8");
    expect([...seriesOf(open.body).keys()]).toEqual([...seriesOf(text.body).keys()]);
    expect(open.body.endsWith("\n# EOF\n")).toBe(true);
    expect(text.body).toContain("# TYPE lb_listener_sessions_total counter");
    expect(open.body).toContain("# TYPE lb_listener_sessions counter");
    expect(open.body).toContain('lb_listener_sessions_total{listener="main"} 0');
  });

  test("tell a histogram as Prometheus wants it: each bucket has those below it too", async () => {
    const duration = spread("session", 2);
    const metrics = metricsOf(() => ({ listeners: [listenerSample({ duration })], pools: [] }));
    const series = seriesOf((await metrics.render(undefined)).body);
    const bucket = (le: string) =>
      series.get(`lb_listener_session_duration_seconds_bucket{le="${le}",listener="main"}`);
    expect([bucket("0.001"), bucket("0.005"), bucket("86400"), bucket("+Inf")]).toEqual([2, 4, 32, 34]);
    expect(series.get('lb_listener_session_duration_seconds_count{listener="main"}')).toBe(34);
    expect(series.get('lb_listener_session_duration_seconds_sum{listener="main"}')).toBe(2);
  });

  test("of a listener that leaves and the one that has its name now are told as one", async () => {
    const [one, other] = [
      listenerSample({ active: 2, sessions: 7 }),
      listenerSample({ active: 3, sessions: 0, leaving: true }),
    ];
    const metrics = metricsOf(() => ({ listeners: [one, other], pools: [] }));
    const series = seriesOf((await metrics.render(undefined)).body);
    expect(series.get('lb_listener_sessions_active{listener="main"}')).toBe(5);
    expect(series.get('lb_listener_sessions_total{listener="main"}')).toBe(7);
    expect(series.get('lb_listener_listening{listener="main"}')).toBe(1);
  });

  test("have no number below zero and none that is not one", async () => {
    const broken = listenerSample({ active: -1, bytesIn: Number.NaN, maxSessions: Infinity });
    const metrics = metricsOf(() => ({ listeners: [broken], pools: [] }));
    const series = seriesOf((await metrics.render(undefined)).body);
    expect([...series.values()].filter((value) => !(value >= 0))).toEqual([]);
    expect(series.get('lb_listener_sessions_limit{listener="main"}')).toBe(Infinity);
  });

  test("of the process are there, and of what there is not, nothing", async () => {
    const dropped = { droppedLogLines: () => 4, droppedReports: { sessions: 3, others: 1 } };
    const metrics = metricsOf(() => EMPTY, dropped);
    const series = seriesOf((await metrics.render(undefined)).body);
    expect(series.get("lb_log_lines_dropped_total")).toBe(4);
    expect(series.get('lb_reports_dropped_total{kind="session"}')).toBe(3);
    expect(series.get('lb_reports_dropped_total{kind="other"}')).toBe(1);
    expect(series.get("lb_process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect(series.get('lb_process_cpu_seconds_total{mode="user"}')).toBeGreaterThan(0);
    expect(
      Math.abs((series.get("lb_process_start_time_seconds") as number) - Date.now() / 1000),
    ).toBeLessThan(3600);
    if (process.platform === "linux") expect(series.get("lb_process_open_fds")).toBeGreaterThan(2);
    expect(
      [...series.keys()].filter((key) => key.startsWith("lb_store") || key.startsWith("lb_copies")),
    ).toEqual([]);
  });

  test("tell of the store and the copies what their parts say", async () => {
    const states = { running: 2, "given-up": 1 };
    const metrics = metricsOf(() => EMPTY, {
      store: () => ({ kind: "postgres", up: false }),
      copies: () => [{ template: "ping", wanted: 3, states }],
    });
    const series = seriesOf((await metrics.render(undefined)).body);
    expect(series.get('lb_store_up{kind="postgres"}')).toBe(0);
    expect(series.get('lb_copies{template="ping",state="given-up"}')).toBe(1);
    expect(series.get('lb_copies_wanted{template="ping"}')).toBe(3);
  });

  test("tell how late the loop was of the thread that serves", async () => {
    const metrics = metricsOf(() => EMPTY, { plane: { loopDelay: async () => spread("turn", 1) } });
    const series = seriesOf((await metrics.render(undefined)).body);
    expect(series.get("lb_process_event_loop_delay_seconds_count")).toBe(scales.turn.length + 1);
  });
});

describe("a scrape", () => {
  test("that comes while another is under way gets the same text, made once", async () => {
    let samples = 0;
    const metrics = metricsOf(() => {
      samples += 1;
      return EMPTY;
    });
    const scraped = await Promise.all(
      [undefined, "*/*", "text/plain"].map((accept) => metrics.render(accept)),
    );
    expect(samples).toBe(1);
    expect(new Set(scraped.map(({ body }) => body)).size).toBe(1);
    await metrics.render(undefined);
    expect(samples).toBe(2);
  });

  test("in the other format waits for the one under way", async () => {
    let [now, most] = [0, 0];
    const plane = {
      sample: async () => {
        now += 1;
        most = Math.max(most, now);
        await turn();
        now -= 1;
        return EMPTY;
      },
    };
    const metrics = metricsOf(() => EMPTY, { plane });
    await Promise.all([metrics.render(undefined), metrics.render(OPENMETRICS)]);
    expect(most).toBe(1);
  });

  test("that finds no data plane fails, and the next one does not", async () => {
    const samples = [Promise.reject(new Error("gone")), Promise.resolve(EMPTY)];
    const plane = { sample: () => samples.shift() as Promise<Sample> };
    const metrics = metricsOf(() => EMPTY, { plane });
    await expect(metrics.render(undefined)).rejects.toThrow("gone");
    expect((await metrics.render(undefined)).body).toContain("lb_build_info");
  });

  test("of ten thousand series lets the loop turn at least once in 500 of them", async () => {
    const backends = Array.from({ length: 1_000 }, (_, i) => backendSample(`b${i}`));
    const metrics = metricsOf(() => ({ listeners: [], pools: [poolSample(0, { backends })] }));
    let [turns, over] = [0, false];
    const count = async () => {
      for (; !over; turns++) await turn();
    };
    const counted = count();
    const { body } = await metrics.render(undefined);
    over = true;
    await counted;
    const series = seriesOf(body).size;
    expect(series).toBeGreaterThan(10_000);
    expect(turns).toBeGreaterThanOrEqual(series / 500);
    for (const { name } of families) expect(body.split(`# TYPE ${name} `)).toHaveLength(2);
  });
});

describe("labels", () => {
  test("a thousand backends have series of their own, and the rest of a pool one together", async () => {
    const backends = Array.from({ length: 1_200 }, (_, i) =>
      backendSample(`b${i}`, { connected: 2, active: 1 }),
    );
    const pool = poolSample(2_400, { backends });
    const metrics = metricsOf(() => ({ listeners: [], pools: [pool] }));
    const series = seriesOf((await metrics.render(undefined)).body);
    const connections = [...series.keys()].filter((key) => key.startsWith("lb_backend_connections_total"));
    expect(connections).toHaveLength(1_001);
    const rest = '{pool="main",backend="(others)"}';
    expect(series.get(`lb_backend_connections_total${rest}`)).toBe(400);
    expect(series.get(`lb_backend_sessions_active${rest}`)).toBe(200);
    expect(series.get('lb_backend_state{pool="main",backend="(others)",state="up"}')).toBe(200);
  });

  test("a backend keeps its series when others come before it", async () => {
    const many = Array.from({ length: 1_000 }, (_, i) => backendSample(`old${i}`));
    let backends = many;
    const metrics = metricsOf(() => ({ listeners: [], pools: [poolSample(0, { backends })] }));
    await metrics.render(undefined);
    backends = [backendSample("new"), ...many];
    const series = seriesOf((await metrics.render(undefined)).body);
    expect(series.has('lb_backend_weight{pool="main",backend="old999"}')).toBe(true);
    expect(series.has('lb_backend_weight{pool="main",backend="new"}')).toBe(false);
  });

  test("clients beyond a thousand, and those without an entry, are told together", async () => {
    const clients = () => ({
      all: { accepted: 10, refused: 3 },
      first: [{ id: "u1", tokens: 4, accepted: 6, refused: 1 }],
      rest: { entries: 2, tokens: 7 },
    });
    const metrics = metricsOf(() => EMPTY, {}, clients);
    const series = seriesOf((await metrics.render(undefined)).body);
    expect(series.get("lb_clients")).toBe(3);
    expect(series.get('lb_client_tokens{client="u1"}')).toBe(4);
    expect(series.get('lb_client_tokens{client="(others)"}')).toBe(7);
    expect(series.get('lb_client_sessions_accepted_total{client="(others)"}')).toBe(4);
    expect(series.get('lb_client_sessions_limited_total{client="(others)"}')).toBe(2);
  });

  test("no client makes a series", async () => {
    await using servers = await fleet("a");
    const clients = { default: { capacity: 1, ratePerSec: 0.001 }, list: [] };
    await using balancer = await lab({ backends: servers.members, rateLimit: true, clients });
    const metrics = metricsOf(() => EMPTY, { plane: balancer.plane });
    const before = [...seriesOf((await metrics.render(undefined)).body).keys()];
    for (let i = 1; i <= 20; i++) await balancer.served(`127.0.1.${i}`);
    expect([...seriesOf((await metrics.render(undefined)).body).keys()]).toEqual(before);
  });
});

test("no counter goes down while its listener and its pool live, whatever is reloaded", async () => {
  await using servers = await fleet("a", "b");
  await using balancer = await lab({ backends: servers.members });
  const metrics = metricsOf(() => EMPTY, { plane: balancer.plane });
  const counts = async () => {
    const { body } = await metrics.render(undefined);
    const counted = [...seriesOf(body)].filter(([key]) =>
      /^lb_(listener|pool)_\w+(_total|_bucket|_sum|_count)\{/.test(key),
    );
    return new Map(counted);
  };
  const apply = (host: string, members: typeof servers.members) =>
    balancer.plane.apply({
      listeners: [{ ...plainListener, endpoint: { kind: "tcp", host, port: 0 } }],
      pools: [
        {
          ...plainPool,
          backends: members.map((each) => ({
            ...each,
            weight: 1,
            maxConnections: Infinity,
            backup: false,
            state: "ready",
          })),
        },
      ],
      clients: { default: undefined, list: [] },
    });
  let before = await counts();
  const rises = async () => {
    const now = await counts();
    expect([...before].filter(([key, value]) => !((now.get(key) as number) >= value))).toEqual([]);
    before = now;
  };
  const { client: longest } = await balancer.served();
  await balancer.served1by1(3);
  await rises();
  for (const [host, members] of [
    ["127.0.0.2", servers.members.slice(0, 1)],
    ["127.0.0.3", servers.members.slice(1)],
    ["127.0.0.2", servers.members],
  ] as const) {
    await apply(host, members as typeof servers.members);
    await rises();
  }
  longest.reset();
  await balancer.ended(1);
  await rises();
  expect(before.get('lb_listener_sessions_total{listener="main"}')).toBeGreaterThan(0);
});
