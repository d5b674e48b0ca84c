import type { FastifyRequest } from "fastify";
import type { z } from "zod";
import { isBlock, plainBlock } from "../config/block.ts";
import type { Check } from "../control/steering.ts";
import type { Desk } from "./api.ts";
import { saidOfClient, withTokens } from "./client-document.ts";
import { type clientWords, entryOf, type newClient } from "./client-words.ts";
import { ifMatch } from "./etag.ts";
import { Problem } from "./problem.ts";
import { done, notFound } from "./spoken.ts";

type Said = NonNullable<ReturnType<typeof saidOfClient>>;
type Document = ReturnType<typeof withTokens>;

/** What is done to clients, in the shape of this API; the paths of the reference systems have theirs over it. */
export class ClientDesk {
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  async get(id: string): Promise<{ readonly said: Said; readonly document: Document }> {
    const { overlay, plane } = this.#desk.controls;
    const said = saidOfClient(overlay(), this.#known(id));
    if (said === undefined) throw notFound(`client ${id}`);
    return { said, document: withTokens(said, await plane.clients([said.id])) };
  }

  async add(request: FastifyRequest, body: z.output<typeof newClient>) {
    const { steering } = this.#desk.controls;
    const { id, tokens } = body;
    if (saidOfClient(this.#desk.controls.overlay(), this.#known(id)) !== undefined)
      throw new Problem("exists", `there is a client ${id} already`);
    const entry = entryOf(body);
    using _blocks = await this.#desk.blocks.claim(id, entry.addresses);
    const told = done(await steering.addClient(entry), `client ${id}`);
    if (tokens !== undefined) await steering.fill({ id, tokens });
    const { said, document } = await this.get(id);
    request.change = { after: said };
    return { said, document: { ...document, ...told } };
  }

  async set(request: FastifyRequest, given: string, body: z.output<typeof clientWords>) {
    const { steering, overlay } = this.#desk.controls;
    const id = this.#known(given);
    const { id: repeated = given, tokens, ...values } = body;
    if (repeated !== given && repeated !== id)
      throw new Problem("invalid", "body.id: expected the id of the path, or nothing");
    if (isBlock(id) && values.addresses !== undefined)
      throw new Problem(
        "invalid",
        "body.addresses: expected only of a name; an address or block stands for itself",
      );
    const says = Object.values(values).some((value) => value !== undefined);
    if (!says && tokens === undefined)
      throw new Problem(
        "invalid",
        "body: expected addresses, capacity, ratePerSec or tokens, got none of them",
      );
    const before = saidOfClient(overlay(), id);
    const check = ifMatch(request, (now) => saidOfClient(now, id));
    if (!says) this.#only(id, check);
    using _blocks = await this.#desk.blocks.claim(id, this.#addressesSaid(id, values.addresses));
    const told = says ? done(await steering.setClient(id, values, { check }), `client ${given}`) : {};
    if (tokens !== undefined) await steering.fill({ id, tokens });
    const { said, document } = await this.get(id);
    request.change = { before, after: tokens === undefined ? said : { ...said, tokens } };
    return { said, document: { ...document, ...told } };
  }

  async remove(request: FastifyRequest, given: string): Promise<void> {
    const { steering, overlay } = this.#desk.controls;
    const id = this.#known(given);
    const before = saidOfClient(overlay(), id);
    const check = ifMatch(request, (now) => saidOfClient(now, id));
    done(await steering.removeClient(id, { check }), `client ${given}`);
    request.change = { before };
  }

  /** Where they are given back to the file, those of the file. */
  #addressesSaid(id: string, said: readonly string[] | null | undefined): readonly string[] {
    if (said !== null) return said ?? [];
    const { list } = this.#desk.controls.overlay().file.clients;
    return list.find((each) => each.id === id)?.addresses ?? [];
  }

  /** Tokens alone are no word that is kept: nothing else checks whether there is such a client. */
  #only(id: string, check: Check): void {
    const overlay = this.#desk.controls.overlay();
    if (saidOfClient(overlay, id) === undefined) throw notFound(`client ${id}`);
    check(overlay);
  }

  /** The id as it is written where there is such a client: a block has several spellings. */
  #known(id: string): string {
    const plain = plainBlock(id);
    if (plain === undefined) return id;
    const spellings = [id, plain, plain.replace(/\/(?:32|128)$/, "")];
    return spellings.find((each) => this.#desk.controls.overlay().clientValues(each) !== undefined) ?? id;
  }
}
