import { lookup } from "node:dns/promises";
import { type Endpoint, formatEndpoint } from "../core/address.ts";
import { makeRoom, restrictSocket } from "../transport/unix-socket.ts";
import type { AdminConfig, Api, Desk } from "./api.ts";
import { application } from "./application.ts";
import { BlockClaims } from "./block-claims.ts";
import type { Controls } from "./controls.ts";
import type { Live } from "./live/live.ts";
import { TokenFile, TokenMistake } from "./token-file.ts";

/** The HTTP API, where it listens. */
export class AdminApi implements AsyncDisposable {
  readonly #log: Controls["log"];
  readonly #tokens: TokenFile | undefined;
  readonly #app: Api;
  /** With the real address and port. */
  readonly endpoint: Endpoint;

  private constructor(log: Controls["log"], tokens: TokenFile | undefined, app: Api, endpoint: Endpoint) {
    this.#log = log;
    this.#tokens = tokens;
    this.#app = app;
    this.endpoint = endpoint;
  }

  /**
   * Listens where the configuration says; rejects with a Failure where the tokens cannot be used, and with the system's error
   * where it cannot listen.
   */
  static async open(first: AdminConfig, controls: Controls, live: Live): Promise<AdminApi> {
    const tokens = first.tokenFile === undefined ? undefined : new TokenFile(first.tokenFile);
    if (tokens !== undefined)
      for (const warning of [...(await tokens.make()), ...(await tokens.read())])
        controls.log.logger.warn(warning);
    let opened: AdminApi | undefined;
    const settings = () => controls.overlay().file.admin ?? first;
    const desk: Desk = {
      controls,
      live,
      settings,
      endpoint: () => opened?.endpoint ?? first.listen,
      blocks: new BlockClaims(controls.plane),
      readTokens: async () => opened?.readTokens(),
      mayStay: ({ caller }) => caller === undefined || tokens?.has(caller) === true,
    };
    const { clock, stopping } = controls;
    const app = await application(desk, {
      clock,
      tokens,
      hosts: () => settings().hosts,
      stopping: () => stopping(),
    });
    try {
      opened = new AdminApi(controls.log, tokens, app, await listen(app, first.listen));
    } catch (error) {
      await app.close();
      throw Object.assign(error as Error, { listener: "admin" });
    }
    const fields = { address: formatEndpoint(opened.endpoint), tokens: tokens !== undefined };
    controls.log.logger.info(fields, "admin API listening");
    return opened;
  }

  /** At a reload: the tokens as the file has them. Resolves with what is wrong with it, which is logged: then the old ones stay. */
  async readTokens(): Promise<TokenMistake | undefined> {
    const { logger } = this.#log;
    try {
      for (const warning of (await this.#tokens?.read()) ?? []) logger.warn(warning);
      return undefined;
    } catch (error) {
      if (!(error instanceof TokenMistake)) throw error;
      logger.error({ reason: error.message }, "the tokens stay as they were");
      return error;
    }
  }

  /** Ends all connections, and listens no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#app.close();
  }
}

async function listen(app: Api, endpoint: Endpoint): Promise<Endpoint> {
  if (endpoint.kind === "unix") {
    await makeRoom(endpoint.path);
    await app.listen({ path: endpoint.path });
    restrictSocket(endpoint.path);
    return endpoint;
  }
  // By an address: for the name localhost fastify opens a second server, which nothing of ours follows.
  const { address: host } = await lookup(endpoint.host);
  await app.listen({ host, port: endpoint.port });
  const { port } = app.server.address() as { readonly port: number };
  return { kind: "tcp", host, port };
}
