import { isIP } from "node:net";
import { type Endpoint, formatEndpoint, parseEndpoint } from "../core/address.ts";
import { Cidr } from "../core/cidr.ts";
import { formatDuration, LONGEST_DURATION, parseDuration } from "../core/duration.ts";
import { type JsonSchema, or, unexpected, type Value } from "./value.ts";

// Nearly 2^31 - 1 ms, the longest that one timer of Node lasts.
// A browser takes . and .. out of an address, so nothing of that name could be asked for.
const NAME = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/;
const LISTENER_NAME = /^(?!\.{1,2}$)[A-Za-z0-9._:/[\]%-]{1,128}$/;
const PERCENT = /^\d{1,3}(?:\.\d+)?%$/;

const BLOCK = "a CIDR block such as 10.0.0.0/8 or 2001:db8::/32 (with zeros after its length)";

const same = (meaning: unknown): unknown => meaning;

export const truth: Value<boolean> = {
  expected: "true or false",
  read: (written) => (typeof written === "boolean" ? written : unexpected),
  write: same,
  json: { type: "boolean" },
};

export function wholeNumber(min: number, max: number): Value<number> {
  const json = { type: "integer", minimum: min, maximum: max };
  return numberWithin(`a whole number from ${min} to ${max}`, min, max, Number.isInteger, json);
}

/** A number, fractions too, above 0. */
export function positive(max: number): Value<number> {
  const json = { type: "number", exclusiveMinimum: 0, maximum: max };
  return numberWithin(`a number above 0, at most ${max}`, Number.MIN_VALUE, max, Number.isFinite, json);
}

function numberWithin(
  expected: string,
  min: number,
  max: number,
  kind: (value: unknown) => boolean,
  json: JsonSchema,
): Value<number> {
  const read = (written: unknown) => {
    const fits = typeof written === "number" && kind(written) && written >= min && written <= max;
    return fits ? written : unexpected;
  };
  return { expected, read, write: same, json };
}

export function oneOf<const Word extends string>(words: readonly Word[]): Value<Word> {
  return {
    expected: words.join(" | "),
    read: (written) => words.find((word) => word === written) ?? unexpected,
    write: same,
    json: { type: "string", enum: words },
  };
}

/** Milliseconds. */
export function duration(least = "1ms"): Value<number> {
  const [min, max] = [parseDuration(least), parseDuration(LONGEST_DURATION)];
  return textual({
    expected: `a duration such as 250ms, 2s, 5m or 1h, from ${least} to ${LONGEST_DURATION}`,
    read: (text) => within(parseDuration(text), min, max),
    write: formatDuration,
  });
}

/** Milliseconds; `off` is Infinity. */
export const deadline = or("off", Infinity, duration());

/** A silence before the kernel asks for a sign of life; it counts in seconds. */
export const keepAlive = or("off", Infinity, duration("1s"));

/** A share from 0 to 1. */
export const percent: Value<number> = textual({
  expected: "a percentage from 0% to 100%",
  read: (text) => (PERCENT.test(text) ? within(Number(text.slice(0, -1)) / 100, 0, 1) : unexpected),
  write: (share) => `${Number((share * 100).toFixed(6))}%`,
});

/** Where something listens; port 0 picks a free one. */
export const listenAddress = address(0);

/** Where something can be dialled. */
export const backendAddress = address(1);

function address(leastPort: 0 | 1): Value<Endpoint> {
  return {
    expected: `host:port, "[ipv6]:port" (in quotes) or unix:/path of at most 107 bytes, with a port from ${leastPort} to 65535`,
    // A port alone is a number to YAML.
    read: (written) =>
      typeof written === "string" || typeof written === "number"
        ? parseEndpoint(String(written), leastPort)
        : unexpected,
    write: formatEndpoint,
    json: { type: "string" },
  };
}

/** An address of this machine, without port. */
export const ipAddress = matching("an IP address without port", (text) => isIP(text) !== 0);

export const name = matching("a name: 1 to 64 of A-Z a-z 0-9 . _ -, but not . or ..", (text) =>
  NAME.test(text),
);

/** A name, or an address that stands for one. */
export const placeName = matching(
  "a name: 1 to 128 of A-Z a-z 0-9 . _ - : / [ ] %, but not . or ..",
  (text) => LISTENER_NAME.test(text),
);

/** A set of addresses. */
export const block: Value<string> = textual({
  expected: `an IP address or ${BLOCK}`,
  read: blockAsWritten,
  write: same,
});

/** A set of peers. */
export const peers: Value<string> = textual({
  expected: `an IP address, ${BLOCK}, unix or all`,
  read: (text) => (text === "unix" || text === "all" ? text : blockAsWritten(text)),
  write: same,
});

/** What an HTTP request asks for (RFC 9112 §3.2.1). */
export const httpPath = matching("a path that begins with /, without spaces", (text) =>
  /^\/[!-~]{0,1023}$/.test(text),
);

/** The Host field of an HTTP request (RFC 9112 §3.2). */
export const httpHost = matching("a host such as web.example or 10.0.0.1:8080", (text) =>
  /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?$/.test(text),
);

/** A database; what it says besides user and password is checked when it is used. */
export const postgresUrl = matching(
  "postgres://user:password@host:port/database",
  (text) => /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text),
);

/** The id of a client: an address, a block or a name; digits and dots alone are an address that went wrong. */
export const clientId: Value<string> = textual({
  expected: "an IP address, a CIDR block, or a name: 1 to 64 of A-Z a-z 0-9 . _ -",
  read: (text) => (NAME.test(text) && !/^[\d.]+$/.test(text) ? text : blockAsWritten(text)),
  write: same,
});

/** The name of a variable of the environment (POSIX.1-2017, 8.1). */
export const variable = matching("a variable's name: A-Z a-z 0-9 _, no digit first", (text) =>
  /^[A-Za-z_]\w{0,127}$/.test(text),
);

/** Another name of a template. */
export const alias = matching("a name: 1 to 128 of A-Z a-z 0-9 . _ : / -", (text) =>
  /^[\w.:/-]{1,128}$/.test(text),
);

/** Any text that is not empty, up to a length. */
export function text(what: string, longest: number): Value<string> {
  return matching(
    `${what}, 1 to ${longest} characters`,
    (given) => given.length > 0 && given.length <= longest,
  );
}

/** The path of a file. */
export const path = text("a path", 4_096);

/** A text that stands for bytes; see bytesOf. */
export function bytes(what: string, longest: number): Value<string> {
  return matching(
    `${what}, 1 to ${longest} characters; \\xNN is the byte NN`,
    (given) => given.length > 0 && given.length <= longest && !/\\x(?![\da-f]{2})/i.test(given),
  );
}

/** A text that is shown nowhere; its key must be one that withSecretsHidden knows. */
export const secret: Value<string> = text("a text (a number needs quotes)", 1_024);

/** The name of a user, as databases know it. */
export const userName = matching("a user's name: 1 to 80 characters, without spaces", (text) =>
  /^[!-~]{1,80}$/.test(text),
);

/** Two whole numbers, both included: `200-399`; one alone is both. */
export function range(what: string, least: number, most: number): Value<readonly [min: number, max: number]> {
  return {
    expected: `${what} such as ${least}-${most}, from ${least} to ${most}`,
    read: (written) => {
      const [, from, to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(written)) ?? [];
      const [min, max] = [Number(from), Number(to)];
      return min >= least && min <= max && max <= most ? [min, max] : unexpected;
    },
    write: ([min, max]) => `${min}-${max}`,
    json: { type: "string" },
  };
}

/** Throws as Cidr.parse does. */
function blockAsWritten(text: string): string {
  Cidr.parse(text);
  return text;
}

/** A text that fits. */
export function matching(expected: string, fits: (text: string) => boolean): Value<string> {
  return textual({ expected, read: (given) => (fits(given) ? given : unexpected), write: same });
}

function textual<T>(
  value: Omit<Value<T>, "read" | "json"> & { read: (text: string) => T | typeof unexpected },
): Value<T> {
  const read = (written: unknown) => (typeof written === "string" ? value.read(written) : unexpected);
  return { ...value, read, json: { type: "string" } };
}

function within(value: number, min: number, max: number): number | typeof unexpected {
  return value >= min && value <= max ? value : unexpected;
}
