import { readdirSync, readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, normalize, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** The parts of src, bottom up: each may import itself and what stands before it. Parts of one line do not know each other. */
const LAYERS = [
  ["core"],
  ["contract", "command"],
  ["live"],
  ["algorithms", "proxy-protocol", "store"],
  ["transport"],
  ["admission", "health"],
  ["standing"],
  ["pool"],
  ["serve"],
  ["listener"],
  ["balancer"],
  ["plane"],
  ["config", "observe"],
  ["control", "supervisor"],
  ["admin", "operate", "page"],
  ["running", "options"],
  ["run", "check"],
  ["main"],
  ["lb"],
];

/** The npm packages that a part may import. The data path imports none but koffi, in one file that a test below names. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  command: ["yargs"],
  config: ["yaml", "zod"],
  observe: ["pino", "pino-pretty", "prom-client"],
  transport: ["koffi"],
  store: ["pg", "write-file-atomic", "zod"],
  admin: [
    "fastify",
    "fastify-type-provider-zod",
    "zod",
    "@fastify/swagger",
    "@fastify/swagger-ui",
    "@fastify/static",
  ],
  // Types alone: the browser loads the library's own script.
  page: ["chart.js"],
  operate: ["cli-progress", "get-east-asian-width", "yargs", "zod"],
  options: ["yargs"],
};

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({ file, part: partOf(file), imports: importsOf(join(root, "src", file)) }));

describe("the architecture", () => {
  test.each(files)("src/$file imports only what stands below it", ({ file, part, imports }) => {
    const own = imports.filter((each) => each.startsWith("."));
    const parts = own.map((each) => partOf(normalize(join(dirname(file), each))));
    expect(parts.filter((other) => other !== part && !(layerOf(other) < layerOf(part)))).toEqual([]);
  });

  test("the page takes nothing but types of the balancer, in one file", () => {
    const inside = files.filter(({ part }) => part === "page");
    const taking = inside.filter(({ imports }) => imports.some((each) => each.startsWith("#lb/")));
    expect(taking.map(({ file }) => file)).toEqual(["admin/page/wire.ts"]);
    const lines =
      readFileSync(join(root, "src/admin/page/wire.ts"), "utf8").match(/^import .*#lb.*$/gm) ?? [];
    expect(lines.filter((line) => !line.startsWith("import type "))).toEqual([]);
  });

  test("one file alone calls the C library", () => {
    const calling = files.filter(({ file }) =>
      readFileSync(join(root, "src", file), "utf8").includes('"koffi"'),
    );
    expect(calling.map(({ file }) => file)).toEqual(["transport/native/libc.ts"]);
  });

  test.each(files)("src/$file imports only the packages of its part", ({ part, imports }) => {
    const packages = imports.filter((each) => !/^[.#]/.test(each) && !isBuiltin(each));
    expect(packages.filter((each) => !PACKAGES[part]?.includes(each))).toEqual([]);
  });

  // Half of a start is the reading of files.
  test("a plain start loads no API, store, metrics or data plane, and only the packages that it works with", () => {
    const loaded = [...loadedBy("main.ts"), ...loadedBy("run.ts")];
    const idle = [
      "admin/",
      "operate/operate.ts",
      "observe/metrics.ts",
      "store/store.ts",
      "config/document.ts",
      // It loads in its own thread, or here where that cannot be.
      "plane/local.ts",
      "balancer.ts",
      "transport/native/host.ts",
    ];
    expect(loaded.filter((each) => idle.some((name) => each.startsWith(name)))).toEqual([]);
    expect(packagesAmong(loaded)).toEqual(["pino", "yargs", "zod"]);
  });

  test("an operator's command loads no balancer", () => {
    expect(packagesAmong([...loadedBy("main.ts"), ...loadedBy("operate/operate.ts")])).toEqual([
      "cli-progress",
      "get-east-asian-width",
      "yargs",
      "zod",
    ]);
  });

  test.each(["servers", "clients", "stress"])(
    "%s imports only the vocabulary and the manners of src",
    (folder) => {
      const allowed = [
        /^#lb\/core\//,
        /^#lb\/command\//,
        // What the laboratory and its balancer say to each other.
        /^#lb\/contract\/laboratory$/,
        // Which engines the machine has, for the rows of the benchmark.
        ...(folder === "stress" ? [/^#lb\/transport\/native\/refusal$/, /^(\.\.\/)+clients\//] : []),
      ];
      for (const name of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })) {
        if (!name.endsWith(".ts")) continue;
        const outside = importsOf(join(root, folder, name)).filter((each) => leaves(folder, name, each));
        expect(outside.filter((each) => !allowed.some((rule) => rule.test(each)))).toEqual([]);
      }
    },
  );

  // Imports of types count: of two files that need each other's words, neither can be read first.
  test.each(["src", "servers", "clients", "stress", "test"])(
    "no file of %s is imported by what it imports",
    (folder) => {
      expect(circles(importsWithin(folder))).toEqual([]);
    },
  );
});

function packagesAmong(loaded: readonly string[]): string[] {
  return [...new Set(loaded.filter((each) => !each.endsWith(".ts") && !isBuiltin(each)))].toSorted();
}

/** Each file of a root, with the files of it that it imports. */
function importsWithin(folder: string): ReadonlyMap<string, readonly string[]> {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return new Map(
    names
      .filter((name) => name.endsWith(".ts"))
      .map((name) => {
        const own = importsOf(join(root, folder, name)).filter((each) => each.startsWith("."));
        return [name, own.map((each) => normalize(join(dirname(name), each)))];
      }),
  );
}

/** The circles in a graph, each as the path that closes it. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (name: string, path: readonly string[]) => {
    if (path.includes(name)) found.push([...path.slice(path.indexOf(name)), name].join(" → "));
    else if (!done.has(name)) for (const next of graph.get(name) ?? []) visit(next, [...path, name]);
    done.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  return found;
}

function leaves(folder: string, file: string, specifier: string): boolean {
  if (specifier.startsWith("#")) return true;
  return specifier.startsWith(".") && !normalize(join(folder, dirname(file), specifier)).startsWith(folder);
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  return [
    ...text.matchAll(/^(?:import|export)\b[^"';]*?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm),
  ].map((found) => found[1] ?? found[2] ?? (found[3] as string));
}

/** What is loaded with a file of src before it runs: files of src, and packages. */
function loadedBy(name: string): readonly string[] {
  const loaded = new Set<string>();
  const load = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    if (!file.endsWith(".ts")) return;
    const text = readFileSync(join(root, "src", file), "utf8");
    for (const [, from, alone] of text.matchAll(
      /^(?:import|export)\b(?! type\b)[^"';]*?from "([^"]+)"|^import "([^"]+)"/gm,
    )) {
      const each = (from ?? alone) as string;
      load(each.startsWith(".") ? normalize(join(dirname(file), each)) : each);
    }
  };
  load(name);
  return [...loaded];
}

function partOf(file: string): string {
  // A root of its own, for browsers.
  if (file.startsWith("admin/page/")) return "page";
  return (relative(".", file).split("/")[0] as string).replace(/\.ts$/, "");
}

function layerOf(part: string): number {
  const layer = LAYERS.findIndex((parts) => parts.includes(part));
  if (layer === -1) throw new Error(`expected src/${part} to have its place in the order of the parts`);
  return layer;
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith("node:") || builtinModules.includes(specifier);
}
