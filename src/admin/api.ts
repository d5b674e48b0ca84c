import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Config } from "../config/config.ts";
import type { Endpoint } from "../core/address.ts";
import type { BlockClaims } from "./block-claims.ts";
import type { Controls } from "./controls.ts";
import type { Live } from "./live/live.ts";
import type { TokenMistake } from "./token-file.ts";

/** The server that routes are added to; what zod understands of a request is its type. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** The part of the configuration that is about the API. */
export type AdminConfig = NonNullable<Config["admin"]>;

/** What routes are made of. */
export interface Desk {
  readonly controls: Controls;
  /** What is followed while the API is open. */
  readonly live: Live;
  /** As the file says it now; where it listens and its tokens are those of the start. */
  settings(): AdminConfig;
  /** Where the API itself listens. */
  endpoint(): Endpoint;
  /** Addresses and blocks that clients are being given. */
  readonly blocks: BlockClaims;
  /** Reads the tokens again; resolves with what is wrong with them, and then the old ones stay. */
  readTokens(): Promise<TokenMistake | undefined>;
  /** Whether what a request began may go on: its token may have been revoked since. */
  mayStay(request: Pick<FastifyRequest, "caller">): boolean;
}
