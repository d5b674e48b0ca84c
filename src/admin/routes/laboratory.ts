import type { Api, Desk } from "../api.ts";
import { labDocument, labOrder } from "../laboratory.ts";
import { answers } from "../schemas.ts";

const schema = { hide: true, response: answers({ 200: labDocument }) };

/** The row of buttons of the laboratory; not there in production. */
export function laboratory(app: Api, { controls: { laboratory: lab } }: Desk): void {
  if (lab === undefined) return;
  app.get("/api/v1/lab", { schema }, () => lab.ask());
  app.post("/api/v1/lab", { schema: { ...schema, body: labOrder } }, (request) => {
    request.change = { after: request.body };
    return lab.ask(request.body);
  });
}
