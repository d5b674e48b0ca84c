import type { Api } from "../api.ts";

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>lb</title>
<h1>lb</h1>
<ul>
<li><a href="/docs">The API, to try out</a>
<li><a href="/api/v1/status">The status of all backends</a>
<li><a href="/metrics">Metrics</a>
<li><a href="/health">Health</a>
</ul>
</html>
`;

/** Where a browser begins. */
export function page(app: Api): void {
  app.get("/", { config: { needs: "nothing" }, schema: { hide: true } }, (_request, reply) =>
    reply.type("text/html; charset=utf-8").send(PAGE),
  );
}
