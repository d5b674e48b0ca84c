import { lines } from "./line-service.ts";

/** Any line → the same line, to the byte. */
export const echoProtocol = lines(() => (line) => line);
