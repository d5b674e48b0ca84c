import { z } from "zod";
import { configSchema } from "#lb/config/schema/index";

/** The page on the configuration file, in Markdown, as the schema has it. */
export function configurationPage(): string {
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }) as Part;
  const sections = Object.entries(schema.properties ?? {}).map(([key, part]) => section(key, part));
  return [INTRODUCTION, ...sections].join("\n");
}

const INTRODUCTION = `# What can be configured?

This page is made from the schema that checks the file. \`deploy/lb.example.yaml\` is a whole file to begin with.

    node dist/lb.js check --config lb.yaml     # prints the effective configuration, or every mistake with its line
    node dist/lb.js --config lb.yaml

The file is YAML 1.2 or JSON, by its content, at most 1 MiB. A key that is not on this page is a mistake, and so is one
that stands twice. Every mistake is reported at once, with its line, its path, and what was expected; of more than 1000 the
first 1000. Only a text that is neither YAML nor JSON is answered with its first mistake alone.

- Durations are written \`250ms\`, \`2s\`, \`5m\` or \`1h\`; percentages \`50%\`.
- \`off\` means no limit, no deadline, or not done.
- Addresses are \`host:port\`, \`"[ipv6]:port"\` (YAML wants the quotes) or \`unix:/path\`. A host may be a name: each of its
  addresses is a member of its own, called \`name@address\` where there are several, with the entry's weight and limits.
- A text that probes send or expect is UTF-8, and \`\\xNN\` in it the byte NN, however it is quoted: [conversations](health.md#conversations).
- \`[]\` in a key stands for each entry of a list, \`<name>\` for a name of your own.
- A link-local address has its interface with it: \`"[fe80::1%eth0]:80"\`.
- \`\${NAME}\` and \`\${NAME:-default}\` in a string are the environment's, the default where that has none or an empty one; \`$$\` is a
  dollar. Digits that come so make a number, unless the string stands in quotes; within \`{ }\` and \`[ ]\` YAML wants the quotes. What the environment
  says is shown by no mistake, no difference and no \`check\`, which print the file's own words. A variable that is missing is a mistake.
- Merge keys work (\`<<: *common\`). Keys at the top that begin with \`x-\` mean nothing: a place for the anchors.
- \`--config -\` reads the standard input, once: there is nothing to reload.
- Beside \`--config\`, an algorithm replaces every pool's, \`--log-level\` the level,
  \`--transport\` what moves the bytes, and \`--listen\` and \`--backend\` stand in for the
  file's where it has one listener and one pool. Without a file both are called \`main\`.
`;

/** What of JSON Schema, and of ours beside it, the page is made of. */
interface Part {
  readonly type?: string;
  readonly expected?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Part>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Part | boolean;
  readonly items?: Part;
  readonly anyOf?: readonly Part[];
  readonly oneOf?: readonly Part[];
}

function section(key: string, part: Part): string {
  const rows = [...rowsWithin(key, part)];
  const start = part.default === "off" ? " Default: `off`." : "";
  const head = ["| key | takes | default | meaning |", "| --- | --- | --- | --- |"];
  return [`## ${key}`, "", `${part.description}${start}`, "", ...head, ...rows, ""].join("\n");
}

function* rowsWithin(path: string, part: Part): Iterable<string> {
  for (const [key, child] of Object.entries(part.properties ?? {})) yield* rows(`${path}.${key}`, child);
  if (typeof part.additionalProperties === "object")
    yield* rowsWithin(`${path}.<name>`, part.additionalProperties);
  if (part.items !== undefined) yield* rowsWithin(`${path}[]`, part.items);
  for (const choice of [...(part.anyOf ?? []), ...(part.oneOf ?? [])]) yield* rowsWithin(path, choice);
}

function* rows(path: string, part: Part): Iterable<string> {
  const cells = [`\`${path}\``, takes(part), defaultOf(part), part.description ?? ""];
  yield `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  yield* rowsWithin(path, part);
}

function takes(part: Part): string {
  if (part.expected !== undefined) return part.expected;
  if (part.anyOf !== undefined) return "off, or a mapping";
  if (part.type === "array")
    return `a list${part.items?.expected === undefined ? "" : `: ${part.items.expected}`}`;
  return "a mapping";
}

function defaultOf({ default: value }: Part): string {
  if (value === undefined || (typeof value === "object" && !Array.isArray(value))) return "";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}
