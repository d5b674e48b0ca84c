import { lines } from "./line-service.ts";
import { withoutReturn } from "./line-session.ts";

/** `ping [text]` → `pong [text] <server>`; the last word tells which server it was. */
export const pingProtocol = lines((server) => (line) => {
  const request = withoutReturn(line);
  if (request === "ping") return `pong ${server}`;
  if (request.startsWith("ping ")) return `pong ${request.slice("ping ".length)} ${server}`;
  return "err expected ping or ping <text>";
});
