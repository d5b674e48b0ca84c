import { z } from "zod";
import type { Api, Desk } from "../api.ts";
import { answers } from "../schemas.ts";
import { info, sendTask, task, taskAnswer } from "../tasks/tasks.ts";

const tags = ["tasks"];

/** Tasks for the servers; what they change is nothing of the balancer's, so they leave no line of their own. */
export function tasks(app: Api, desk: Desk): void {
  app.post(
    "/api/v1/tasks",
    {
      config: { audited: false },
      schema: {
        tags,
        summary: "Sends a task through the balancer, as any client",
        body: task,
        response: answers({ 200: taskAnswer }),
      },
    },
    ({ body }) => sendTask(desk, body),
  );

  app.get(
    "/getInfo",
    {
      schema: {
        tags,
        summary: "What GET / answers through the balancer",
        response: answers({ 200: z.unknown() }),
      },
    },
    () => info(desk),
  );
}
