import { describe, expect, test } from "vitest";
import { adminFile, administered } from "./administered.ts";

const ALL = "/api/v1/clients";
const BLOCK = `${ALL}/10.0.0.0%2F8`;
const FILE = adminFile("", "clients: { list: [{ id: 10.0.0.0/8, capacity: 5, ratePerSec: 1 }] }");

describe("a client", () => {
  test("is added, found where Location says, and removed", async () => {
    await using api = await administered(FILE);
    const body = { id: "user1", addresses: ["192.0.2.0/24"], capacity: 10, ratePerSec: 0.5, tokens: 3 };
    const added = await api.ask("POST", ALL, { body });
    expect([added.status, added.headers.location]).toEqual([201, `${ALL}/user1`]);
    expect(added.json).toMatchObject({ ...body, tokens: expect.closeTo(3, 1) });
    expect(added.json.from.capacity.source).toBe("api");
    expect((await api.ask("POST", ALL, { body })).json.error.code).toBe("exists");
    expect((await api.ask("DELETE", `${ALL}/user1`)).status).toBe(204);
    expect((await api.get(`${ALL}/user1`)).status).toBe(404);
  });

  test("that is a block is one client however it is spelled", async () => {
    await using api = await administered(FILE);
    await api.ask("POST", ALL, { body: { id: "192.0.2.7", capacity: 1, ratePerSec: 1 } });
    const again = await api.ask("POST", ALL, { body: { id: "192.0.2.7/32", capacity: 1, ratePerSec: 1 } });
    expect(again.status).toBe(409);
    expect((await api.get(`${ALL}/192.0.2.7%2F32`)).json.id).toBe("192.0.2.7");
    expect((await api.get(BLOCK)).json.capacity).toBe(5);
  });

  test("is said to be something else, and what is left out stays", async () => {
    await using api = await administered(FILE);
    const headers = { "if-match": (await api.get(BLOCK)).headers.etag as string };
    const said = await api.ask("PUT", BLOCK, { headers, body: { capacity: 50, tokens: 20 } });
    expect(said.json).toMatchObject({ capacity: 50, ratePerSec: 1, tokens: expect.closeTo(20, 0) });
    const late = await api.ask("PUT", BLOCK, { headers, body: { tokens: 1 } });
    expect(late.status).toBe(412);
    expect((await api.ask("PUT", BLOCK, { body: { capacity: null } })).json.capacity).toBe(5);
    expect((await api.ask("DELETE", BLOCK)).json.error.code).toBe("of-the-file");
  });

  test("keeps its id: another in the body is refused, and one that there is not is 404", async () => {
    await using api = await administered(FILE);
    const other = await api.ask("PUT", BLOCK, { body: { id: "10.0.0.0/9", capacity: 1 } });
    expect(other.status).toBe(400);
    expect(other.json.error.message).toBe("body.id: expected the id of the path, or nothing");
    for (const body of [{ capacity: 1 }, { tokens: 1 }])
      expect((await api.ask("PUT", `${ALL}/unknown`, { body })).status).toBe(404);
    const block = await api.ask("PUT", BLOCK, { body: { addresses: ["192.0.2.1"] } });
    expect(block.json.error.message).toContain("expected only of a name");
  });

  test("stands in a list that is read page by page", async () => {
    await using api = await administered(FILE);
    for (const id of ["u1", "u2", "u3"])
      await api.ask("POST", ALL, { body: { id, capacity: 1, ratePerSec: 1 } });
    const first = (await api.get(`${ALL}?limit=3`)).json;
    expect([idsOf(first), first.next]).toEqual([["10.0.0.0/8", "u1", "u2"], "u2"]);
    const second = (await api.get(`${ALL}?limit=3&after=${first.next}`)).json;
    expect([idsOf(second), second.next]).toEqual([["u3"], null]);
  });
});

test("the paths of the reference systems register, update, get, list and delete clients in their own shape", async () => {
  await using api = await administered(FILE);
  const body = { client_id: "user1", capacity: 10, rate_per_sec: 2 };
  const added = await api.ask("POST", "/clients/register", { body });
  expect(added.status).toBe(201);
  expect(added.json).toMatchObject(body);
  expect((await api.ask("POST", "/clients/register", { body })).status).toBe(409);
  const updated = await api.ask("PUT", "/clients/update", { body: { ...body, capacity: 20 } });
  expect([updated.status, updated.json.capacity]).toEqual([200, 20]);
  expect((await api.get("/clients/get?id=user1")).json).toMatchObject({ ...body, capacity: 20 });
  const rows: { client_id: string }[] = (await api.get("/clients/list")).json;
  expect(rows.map((row) => row.client_id)).toEqual(["10.0.0.0/8", "user1"]);
  expect((await api.ask("DELETE", "/clients/delete?id=user1")).status).toBe(204);
  expect((await api.get("/clients/get?id=user1")).status).toBe(404);
  expect((await api.ask("PUT", "/clients/update", { body })).status).toBe(404);
  expect((await api.ask("DELETE", "/clients/delete?id=10.0.0.0%2F8")).status).toBe(409);
});

function idsOf({ clients }: { clients: readonly { id: string }[] }): string[] {
  return clients.map(({ id }) => id);
}

describe("an address or block", () => {
  const TAKEN = "expected an address or block no other client has";
  const named = (id: string, addresses: readonly string[]) => ({ id, addresses, capacity: 1, ratePerSec: 1 });

  test("has one client, of the file or of the API, however it is spelled: 409", async () => {
    await using api = await administered(FILE);
    await api.ask("POST", ALL, { body: named("u", ["192.0.2.7", "192.0.2.0/24"]) });
    for (const [method, path, body] of [
      ["POST", ALL, named("v", ["198.51.100.1", "10.0.0.0/8"])],
      ["POST", ALL, named("v", ["192.0.2.7/32"])],
      ["POST", ALL, { id: "192.0.2.0/24", capacity: 1, ratePerSec: 1 }],
      ["POST", "/clients/register", { client_id: "192.0.2.7", capacity: 1, rate_per_sec: 1 }],
    ] as const) {
      const { status, json } = await api.ask(method, path, { body });
      expect([body, status, json.error]).toEqual([
        body,
        409,
        { code: "exists", message: expect.stringContaining(TAKEN) },
      ]);
    }
    await api.ask("POST", ALL, { body: named("v", ["192.0.2.0/25"]) });
    const before = api.said();
    expect((await api.ask("PUT", `${ALL}/v`, { body: { addresses: ["192.0.2.0/24"] } })).status).toBe(409);
    expect(api.said()).toEqual(before);
    const own = await api.ask("PUT", `${ALL}/u`, { body: { addresses: ["192.0.2.0/24"] } });
    expect(own.status).toBe(200);
    expect((await api.ask("PUT", `${ALL}/v`, { body: { addresses: ["192.0.2.7"] } })).status).toBe(200);
  });

  test("that comes twice in one list is 400", async () => {
    await using api = await administered(FILE);
    const twice = await api.ask("POST", ALL, { body: named("v", ["192.0.2.7", "192.0.2.7/32"]) });
    expect([twice.status, twice.json.error.message]).toEqual([
      400,
      expect.stringContaining("each address or block once"),
    ]);
  });

  test("that several ask for at once is given to one of them, and free again once that is gone", async () => {
    await using api = await administered(FILE);
    const asked = ["u", "v", "w"].map((id) => api.ask("POST", ALL, { body: named(id, ["192.0.2.7"]) }));
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409]);
    const { id } = answers.find(({ status }) => status === 201)?.json ?? {};
    await api.ask("DELETE", `${ALL}/${id}`);
    expect((await api.ask("POST", ALL, { body: named("x", ["192.0.2.7"]) })).status).toBe(201);
  });

  test("that another client got meanwhile is not given back with the file's word", async () => {
    await using api = await administered(
      adminFile("", "clients: { list: [{ id: u, addresses: [192.0.2.7], capacity: 5, ratePerSec: 1 }] }"),
    );
    await api.ask("PUT", `${ALL}/u`, { body: { addresses: ["192.0.2.8"] } });
    await api.ask("POST", ALL, { body: named("v", ["192.0.2.7"]) });
    expect((await api.ask("PUT", `${ALL}/u`, { body: { addresses: null } })).status).toBe(409);
    await api.ask("DELETE", `${ALL}/v`);
    expect((await api.ask("PUT", `${ALL}/u`, { body: { addresses: null } })).json.addresses).toEqual([
      "192.0.2.7",
    ]);
  });
});
