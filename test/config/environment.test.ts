import { afterEach, describe, expect, test, vi } from "vitest";
import { difference } from "#lb/config/difference";
import { effective } from "#lb/config/effective";
import { readConfig } from "#lb/config/written";
import { configured, file, mistakesIn } from "./configured.ts";

afterEach(() => vi.unstubAllEnvs());

/** A pool whose source address, weight and HTTP path are these. */
function asking(localAddress: string, weight: string | number = 1, path = "/"): string {
  return `
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: ping }]
pools:
  ping:
    localAddress: ${localAddress}
    health: { probe: http, path: "${path}" }
    backends:
      - address: 127.0.0.1:9001
        weight: ${weight}`;
}

function read(text: string) {
  const { localAddress, health, backends } = configured(text).pools.ping as {
    localAddress: unknown;
    health: unknown;
    backends: readonly { readonly weight: number }[];
  };
  return { localAddress, health, weight: backends[0]?.weight };
}

describe("in a string of the file", () => {
  test("${NAME} is the environment's, and ${NAME:-default} where that has none or an empty one", () => {
    vi.stubEnv("LB_TEST_HOST", "127.0.0.9");
    vi.stubEnv("LB_TEST_EMPTY", "");
    expect(read(asking("${LB_TEST_HOST}")).localAddress).toBe("127.0.0.9");
    expect(read(asking("${LB_TEST_HOST:-127.0.0.2}")).localAddress).toBe("127.0.0.9");
    expect(read(asking("${LB_TEST_NONE:-127.0.0.2}")).localAddress).toBe("127.0.0.2");
    expect(read(asking("${LB_TEST_EMPTY:-127.0.0.3}")).localAddress).toBe("127.0.0.3");
    expect(read(asking("127.0.${LB_TEST_NONE:-0}.${LB_TEST_NONE:-4}")).localAddress).toBe("127.0.0.4");
  });

  test("$$ is a dollar, and so is $ alone", () => {
    expect(read(asking("127.0.0.2", 1, "/$${HOME}$a$$")).health).toMatchObject({
      probe: { path: "/${HOME}$a$" },
    });
  });

  test("digits without quotes make a number, in quotes they do not", () => {
    vi.stubEnv("LB_TEST_WEIGHT", "7");
    expect(read(asking("127.0.0.2", "${LB_TEST_WEIGHT}")).weight).toBe(7);
    expect(mistakesIn(asking("127.0.0.2", '"${LB_TEST_WEIGHT}"'))).toEqual([
      'lb.yaml:9: pools.ping.backends[0].weight: expected a whole number from 0 to 256, got "${LB_TEST_WEIGHT}"',
    ]);
  });

  test("what the environment says cannot add to the file", () => {
    vi.stubEnv("LB_TEST_HOST", "127.0.0.9\nhealth: { probe: off }");
    expect(mistakesIn(asking("${LB_TEST_HOST}"))).toHaveLength(1);
    vi.stubEnv("LB_TEST_HOST", "${HOME}");
    expect(mistakesIn(asking("${LB_TEST_HOST}"))).toHaveLength(1);
  });

  test.each([
    ["${LB_TEST_NONE}", "the variable LB_TEST_NONE in the environment, got nothing"],
    ["${1}", "${NAME} or ${NAME:-default}, and $$ for a dollar, got ${ and something else"],
    ["${A-b}", "${NAME} or ${NAME:-default}, and $$ for a dollar, got ${ and something else"],
  ])("%s is a mistake with its line, once", (text, expected) => {
    expect(mistakesIn(asking(text))).toEqual([`lb.yaml:5: pools.ping.localAddress: expected ${expected}`]);
  });

  test("within braces it needs quotes, which is said", () => {
    const [mistake, ...more] = mistakesIn("pools: { p: { localAddress: ${A} } }");
    expect(more).toEqual([]);
    expect(mistake).toMatch(/^lb\.yaml:1: not YAML: .*"\$\{NAME\}" needs its quotes here$/);
  });
});

describe("what the environment says is shown", () => {
  test("by the effective configuration as the file asks for it, and reads the same again", () => {
    vi.stubEnv("LB_TEST_HOST", "127.0.0.9");
    vi.stubEnv("LB_TEST_WEIGHT", "113");
    const config = configured(asking("${LB_TEST_HOST}", "${LB_TEST_WEIGHT}", "/$${a}"));
    const text = effective(config);
    expect(text).toContain("localAddress: ${LB_TEST_HOST}\n");
    expect(text).toContain("weight: ${LB_TEST_WEIGHT}\n");
    expect(text).not.toMatch(/127\.0\.0\.9|113/);
    expect(configured(text)).toEqual(config);
    expect(effective(configured(text))).toBe(text);
  });

  test("by no mistake", () => {
    vi.stubEnv("LB_TEST_HOST", "s3cret");
    vi.stubEnv("LB_TEST_WEIGHT", "31337");
    const told = mistakesIn(asking("${LB_TEST_HOST}", "${LB_TEST_WEIGHT}"));
    expect(told).toHaveLength(2);
    expect(told.join()).toContain('got "${LB_TEST_HOST}"');
    expect(told.join()).not.toMatch(/s3cret|31337/);
  });

  test("by no difference", () => {
    vi.stubEnv("LB_TEST_HOST", "127.0.0.9");
    const [one, other] = [configured(asking("127.0.0.2")), configured(asking("${LB_TEST_HOST}"))];
    expect(difference(one, other)).toEqual(['pools.ping.localAddress: 127.0.0.2 → "${LB_TEST_HOST}"']);
    expect(difference(other, one)).toEqual(['pools.ping.localAddress: "${LB_TEST_HOST}" → 127.0.0.2']);
  });

  test("not of a flag that stands in for it", () => {
    vi.stubEnv("LB_TEST_PORT", "8081");
    const text = asking("127.0.0.2").replace(":8080", ":${LB_TEST_PORT}");
    const { config } = readConfig(text, { listen: "127.0.0.1:8082" });
    expect(effective(config as NonNullable<typeof config>)).toContain("listen: 127.0.0.1:8082\n");
  });
});

describe("merge keys", () => {
  const merged = (more: string) => `
x-slow: &slow { queue: { timeout: 9s }, attempts: 2 }
x-quiet: &quiet { health: { probe: off }, attempts: 4 }
listeners: [{ name: web, listen: "127.0.0.1:8080", pool: ping }]
pools:
  ping:
    ${more}
    backends: [{ address: "127.0.0.1:9001" }]`;

  test("take in what the mapping does not have, the first of several first", () => {
    const { ping } = configured(merged("<<: [*slow, *quiet]\n    queue: { max: 3 }")).pools;
    expect(ping).toMatchObject({
      attempts: 2,
      queue: { max: 3, timeout: 5_000 },
      health: { probe: { kind: "off" } },
    });
  });

  test("lead a mistake to the line where it stands", () => {
    const text = merged("<<: *slow").replace("attempts: 2", "attempts: none");
    expect(mistakesIn(text)).toEqual([
      'lb.yaml:2: pools.ping.attempts: expected a whole number from 1 to 100, got "none"',
    ]);
  });

  test.each(["3", "[*slow, 3]", "text"])("of %s are a mistake", (value) => {
    expect(mistakesIn(merged(`<<: ${value}`))).toEqual([
      "lb.yaml:7: expected mappings to merge (<<), or aliases of them, got something else",
    ]);
  });

  test("cannot make a small file large", () => {
    const levels = Array.from(
      { length: 30 },
      (_, n) => `x-${n}: &a${n} { <<: [${`*a${n - 1},`.repeat(20)}] }`,
    );
    const text = ["x-first: &a-1 { a: 1 }", ...levels].join("\n");
    expect(mistakesIn(text)).toEqual([
      "lb.yaml: expected at most 250000 values, repeated ones too, got more",
    ]);
  });

  test.each(["<<: *common", "weight: 3, maxConnections: *most"])(
    "serve each of a thousand backends: %s",
    (by) => {
      const backends = Array.from(
        { length: 1_000 },
        (_, n) => `      - { ${by}, address: "127.0.0.1:${n + 1}" }`,
      );
      const text = `
x-common: &common { weight: 3, maxConnections: &most 7 }
listeners: [{ listen: "127.0.0.1:0", pool: p }]
pools:
  p:
    backends:
${backends.join("\n")}`;
      const { backends: made = [] } = configured(text).pools.p ?? {};
      expect(made.filter(({ weight, maxConnections }) => weight === 3 && maxConnections === 7)).toHaveLength(
        1_000,
      );
    },
  );
});

describe("a key at the top that begins with x-", () => {
  test("means nothing, whatever stands there", () => {
    expect(configured(file('x-any: [1, { a: "${LB_TEST_NONE}" }]'))).toEqual(configured(file()));
  });

  test("means nothing there alone", () => {
    expect(mistakesIn(file("log: { x-any: 1 }"))).toHaveLength(1);
  });
});

test.each(['":8080"', "8080", '"8080"', '"*:8080"'])(
  "listening on %s is answered with what is meant",
  (listen) => {
    const text = `listeners: [{ listen: ${listen}, pool: p }]\npools: { p: {} }`;
    expect(mistakesIn(text)).toEqual([
      `lb.yaml:1: listeners[0].listen: expected 0.0.0.0:8080 (every IPv4 address) or "[::]:8080" (IPv6 as well), got ${listen}`,
    ]);
  },
);
