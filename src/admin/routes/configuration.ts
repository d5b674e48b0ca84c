import { z } from "zod";
import { ConfigMistakes } from "../../config/mistake.ts";
import { checkText } from "../../config/text-check.ts";
import { whole } from "../../control/reconcile.ts";
import type { Api, Desk } from "../api.ts";
import { mistakesProblem } from "../mistakes.ts";
import { Problem } from "../problem.ts";
import { answers } from "../schemas.ts";

const tags = ["configuration"];
const MOST_BYTES = 1024 * 1024;
const MOST_AT_ONCE = 2;
const KINDS = ["application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"];

/** The configuration file: read again, or a text of it checked. */
export function configuration(app: Api, { controls, readTokens }: Desk): void {
  app.post(
    "/api/v1/reload",
    {
      schema: {
        tags,
        summary: "Reads the configuration file and the tokens again",
        response: answers({
          200: z.object({
            result: z.enum(["applied", "unchanged", "overtaken"]),
            changes: z.array(z.string()),
          }),
        }),
      },
    },
    async (request) => {
      const wrong = await readTokens();
      if (wrong !== undefined)
        throw mistakesProblem([`the file of admin.tokenFile: ${wrong.words}; nothing was reloaded`]);
      const reloaded = await controls.reload();
      if (reloaded.kind === "no-file")
        throw new Problem("no-file", "there is no configuration file to read again");
      if (reloaded.kind === "refused") throw refusal(reloaded.error);
      const changes = reloaded.kind === "applied" ? [...reloaded.changes] : [];
      request.change = { after: { changes } };
      const unchanged = reloaded.kind === "applied" && changes.length === 0;
      const result: "applied" | "unchanged" | "overtaken" = unchanged ? "unchanged" : reloaded.kind;
      return { result, changes };
    },
  );
  void app.register(async (inner) => check(inner as unknown as Api));
}

/** The mistakes of a file that was refused, or why it cannot be applied. */
function refusal(error: unknown): unknown {
  if (error instanceof ConfigMistakes) return error;
  return mistakesProblem([whole(error)]);
}

/** Apart, because its bodies are text under any content type, and larger. */
function check(app: Api): void {
  let underWay = 0;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(KINDS, { parseAs: "string", bodyLimit: MOST_BYTES }, (_request, body, done) =>
    done(null, body),
  );
  app.post(
    "/api/v1/config/check",
    {
      config: { needs: "read", audited: false },
      schema: {
        tags,
        summary: "What a configuration, YAML or JSON, comes to with every default; it is not applied",
        consumes: ["application/yaml", "application/json"],
        body: z.string().meta({ example: "listeners: []\npools: {}\n" }),
        response: answers({
          200: z.object({ effective: z.string().describe("As YAML."), warnings: z.array(z.string()) }),
        }),
      },
    },
    async ({ body }) => {
      if (underWay >= MOST_AT_ONCE)
        throw new Problem("too-many", `expected at most ${MOST_AT_ONCE} checks at once`);
      underWay += 1;
      try {
        const checked = await checkText(body);
        if (checked.kind === "wrong") throw mistakesProblem(checked.mistakes);
        return { effective: checked.effective, warnings: [...checked.warnings] };
      } finally {
        underWay -= 1;
      }
    },
  );
}
