import { type Scale, scales } from "#lb/contract/histogram";
import { families } from "#lb/observe/metrics/families";
import type { Family } from "#lb/observe/metrics/family";

/** The page on metrics, in Markdown, as the table of families has them. */
export function metricsPage(): string {
  return [INTRODUCTION, ...Object.entries(SECTIONS).map(section), BOUNDS, ...bounds(), ""].join("\n");
}

const INTRODUCTION = `# Which metrics are there, and how do I scrape them?

\`GET /metrics\` on \`admin.listen\` tells all of them, in the text format of Prometheus (0.0.4), or in OpenMetrics 1.0 where the
Accept header asks for that. This page is made from the table that the metrics are made from.

    curl http://127.0.0.1:8081/metrics
    promtool check metrics < <(curl -s http://127.0.0.1:8081/metrics)

## How do I scrape it?

\`\`\`yaml
scrape_configs:
  - job_name: lb
    static_configs: [{ targets: ["127.0.0.1:8081"] }]
    authorization: { credentials_file: lb.token }     # where admin.tokenFile is set: a token with the right to read, alone in its file
\`\`\`

\`deploy/prometheus/prometheus.yml\` is a whole configuration, \`deploy/prometheus/alerts.yml\` has alert rules (each with a test in
\`deploy/prometheus/alerts.test.yml\`), and \`deploy/grafana/lb.json\` is a dashboard to import. All three at once, beside a balancer:

    docker compose -f deploy/compose.yaml --profile metrics up --build      # then http://127.0.0.1:3000

A scrape while another is under way gets the same text. A text of ten thousand series is written in parts, between which traffic
goes on. Metrics need no session records: they cost the same with \`log: { sessions: false }\`.

## What may I rely on?

- Names begin with \`lb_\`, times are seconds, sizes are bytes, counters end in \`_total\`. No number is below zero, and none is NaN; \`+Inf\` is no limit.
- Labels come from the configuration (listener, pool, backend, client entry, template) or from a table (ending, error, state): **no client
  makes a series**.
- A counter never goes down while its listener or pool lives, over all reloads. A listener's counters belong to its name: one that
  moves to another address goes on counting, and the sessions that it left behind count with it. A pool or a listener that is removed
  and comes back goes on where it was while sessions of it live or it was just closed, and begins at 0 otherwise; so does a backend, whose past stays in its pool's
  counters. \`rate()\` and \`increase()\` know what a restart at 0 is.
- The first thousand backends and the first thousand entries of \`clients\` have series of their own, and keep them while they are there. The
  rest is summed under \`backend="(others)"\`, one for each pool, and \`client="(others)"\`, which has the clients without an entry too. The gauges of
  states then count backends.
- Every session is counted twice: in \`lb_listener_sessions_total\` when it is accepted, and in \`lb_listener_sessions_ended_total\` when it ends, with [the
  word that says why](endings.md). Refused sessions are among them.

## Three queries to begin with

    sum by (ending) (rate(lb_listener_sessions_ended_total[5m]))                                                      # how sessions end
    histogram_quantile(0.99, sum by (le, pool) (rate(lb_pool_first_byte_duration_seconds_bucket[5m])))                # how long answers take
    lb_backend_state{state!="up"} > 0                                                                                 # what is not well
`;

const SECTIONS: Readonly<Record<string, (name: string) => boolean>> = {
  Listeners: (name) => name.startsWith("lb_listener_"),
  Pools: (name) => name.startsWith("lb_pool_"),
  Backends: (name) => name.startsWith("lb_backend_"),
  Clients: (name) => name.startsWith("lb_client"),
  "Log, store and copies": (name) => /^lb_(log|reports|store|copies)/.test(name),
  "The process": (name) => /^lb_(process|build)_/.test(name),
};

function section([title, has]: [string, (name: string) => boolean]): string {
  const rows = families.filter(({ name }) => has(name)).map(row);
  return [
    `## ${title}`,
    "",
    "| name | type | labels | what it tells |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function row(family: Family): string {
  const labels = family.labels.map((label) => `\`${label}\``).join(", ");
  return `| \`${family.name}\` | ${typeOf(family)} | ${labels} | ${family.help} |`;
}

function typeOf(family: Family): string {
  return family.type === "histogram" ? `histogram (${anchorOf(family.scale)})` : family.type;
}

const NAMES: Readonly<Record<Scale, string>> = {
  connect: "connecting",
  firstByte: "answering",
  queue: "waiting",
  session: "living",
  turn: "turning",
};

function anchorOf(scale: Scale): string {
  return `[${NAMES[scale]}](#bounds)`;
}

const BOUNDS = `## Bounds

The ranges of histograms, by their upper bounds in seconds.

| scale | bounds |
| --- | --- |`;

function bounds(): string[] {
  return Object.entries(scales).map(([scale, list]) => `| ${NAMES[scale as Scale]} | ${list.join(" · ")} |`);
}
