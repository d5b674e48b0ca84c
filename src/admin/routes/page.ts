import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Api } from "../api.ts";
import { notFound } from "../spoken.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FONT = "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2";
const KINDS: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};
/** Nothing of the page comes from elsewhere, and nothing of it is written into its HTML. */
const POLICY =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What the page consists of, by its name below `/page/`; read when it is asked for. */
function parts(): ReadonlyMap<string, string> {
  const { resolve } = createRequire(import.meta.url);
  return new Map([
    ["chart.js", join(dirname(resolve("chart.js")), "chart.umd.min.js")],
    ["inter.woff2", resolve(FONT)],
    // The compiler writes scripts only; what it does not read is served from where it is written.
    ...within("src/admin/page", /\.(?:html|css|svg)$/),
    ...within("dist/admin/page", /\.js$/),
  ]);
}

function within(folder: string, pattern: RegExp): (readonly [name: string, file: string])[] {
  const path = join(ROOT, folder);
  const names = existsSync(path) ? readdirSync(path).filter((name) => pattern.test(name)) : [];
  return names.map((name) => [name, join(path, name)]);
}

/** The live page: a browser's own view of the API, which is asked for nothing that others cannot ask. */
export function page(app: Api): void {
  const files = parts();
  const send = async (name: string) => {
    const file = files.get(name);
    if (file === undefined) throw notFound(`part ${name} of the page`);
    return readFile(file);
  };
  const open = { config: { needs: "nothing" }, schema: { hide: true } } as const;
  app.get("/", open, async (_request, reply) => {
    reply.type(KINDS.html as string).header("content-security-policy", POLICY);
    return send("index.html");
  });
  app.get<{ Params: { name: string } }>("/page/:name", open, async ({ params: { name } }, reply) => {
    const content = await send(name);
    reply.type(KINDS[name.split(".").at(-1) as string] as string).header("content-security-policy", POLICY);
    return content;
  });
}
