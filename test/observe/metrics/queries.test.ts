import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { endings } from "#lb/core/ending";
import { families } from "#lb/observe/metrics/families";

/** Labels that Prometheus adds to each series of a target, and those of a histogram's buckets. */
const ADDED = ["job", "instance"];

/** Each name that a query may have, with its labels. */
const known = new Map(
  families.flatMap(({ name, type, labels }) =>
    type === "histogram"
      ? [
          [`${name}_bucket`, [...labels, ...ADDED, "le"]],
          [`${name}_sum`, [...labels, ...ADDED]],
          [`${name}_count`, [...labels, ...ADDED]],
        ]
      : [[name, [...labels, ...ADDED]]],
  ) as [string, string[]][],
);

const root = new URL("../../../", import.meta.url);
const dashboard = read("deploy/grafana/lb.json");
const rules = read("deploy/prometheus/alerts.yml");
const ruleTests = read("deploy/prometheus/alerts.test.yml");

const sources = {
  "the dashboard": textsAt(JSON.parse(dashboard), ["expr", "query", "definition"]),
  "the alert rules": textsAt(parse(rules), ["expr"]),
  "the tests of the rules": textsAt(parse(ruleTests), ["expr", "series"]),
};

describe.each(Object.entries(sources))("the queries of %s", (_, queries) => {
  const selectors = queries.flatMap(selectorsOf);

  test("are there", () => {
    expect(selectors.length).toBeGreaterThan(10);
  });

  test("name only series that exist", () => {
    expect(selectors.map(({ name }) => name).filter((name) => !known.has(name))).toEqual([]);
  });

  test("ask only for labels that their series have", () => {
    const foreign = selectors.flatMap(({ name, matchers }) =>
      matchers
        .map(({ label }) => `${name}{${label}}`)
        .filter((_, at) => !known.get(name)?.includes(matchers[at]?.label ?? "")),
    );
    expect(foreign).toEqual([]);
  });

  test("ask only for endings that there are", () => {
    const words = selectors.flatMap(({ matchers }) =>
      matchers.filter(({ label }) => label === "ending").flatMap(({ value }) => value.split("|")),
    );
    expect(words.filter((word) => !(word in endings))).toEqual([]);
  });
});

test("each alert says in a summary and a description what is the matter, and how grave it is", () => {
  const { groups } = parse(rules) as {
    groups: {
      rules: { alert: string; labels: { severity: string }; annotations: Record<string, string> }[];
    }[];
  };
  const alerts = groups.flatMap((group) => group.rules);
  expect(alerts.length).toBeGreaterThanOrEqual(9);
  for (const { alert, labels, annotations } of alerts) {
    expect(["critical", "warning", "info"], alert).toContain(labels.severity);
    expect(Object.keys(annotations), alert).toEqual(["summary", "description"]);
  }
});

test("each alert has a test", () => {
  const alerts = [...rules.matchAll(/alert: (\w+)/g)].map(([, name]) => name as string);
  expect(alerts.filter((name) => !ruleTests.includes(`alertname="${name}",alertstate="firing"`))).toEqual([]);
});

test("every panel of the dashboard has a title, a description and a query, and none covers another", () => {
  interface Panel {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly description?: string;
    readonly targets?: readonly unknown[];
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  }
  const { panels } = JSON.parse(dashboard) as { panels: Panel[] };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  const shown = panels.filter(({ type }) => type !== "row");
  expect(
    shown.filter(({ title, description, targets }) => !title || !description || !targets?.length),
  ).toEqual([]);
});

interface Selector {
  readonly name: string;
  readonly matchers: readonly { readonly label: string; readonly value: string }[];
}

function selectorsOf(query: string): Selector[] {
  return [...query.matchAll(/\b(lb_\w+)(?:\{([^}]*)\})?/g)].map(([, name = "", matchers = ""]) => ({
    name,
    matchers: [...matchers.matchAll(/(\w+)(?:=~|!=|!~|=)"([^"]*)"/g)].map(([, label = "", value = ""]) => ({
      label,
      value,
    })),
  }));
}

/** All texts under some keys, wherever they stand. */
function textsAt(value: unknown, keys: readonly string[]): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    keys.includes(key) && typeof part === "string" ? [part] : textsAt(part, keys),
  );
}

function read(path: string): string {
  return readFileSync(new URL(path, root), "utf8");
}
