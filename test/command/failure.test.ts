import { describe, expect, test } from "vitest";
import { explain } from "#lb/command/failure";

describe("an error of the system", () => {
  test.each([
    [{ code: "EADDRINUSE", address: "::1", port: 80 }, /^\[::1\]:80 is taken; .* choose another port/],
    [{ code: "EADDRINUSE", address: "/run/s", port: -1 }, /^unix:\/run\/s is taken; .* choose another path$/],
    [{ code: "EACCES", address: "/run/s", port: -1 }, /^unix:\/run\/s may not be used by this user$/],
    [{ code: "EACCES", address: "0.0.0.0", port: 80 }, /^0\.0\.0\.0:80 may not be used by this user$/],
    [{ code: "EAFNOSUPPORT", address: "::", port: 80 }, /^\[::\]:80 is of a family/],
    [{ code: "ENOENT", path: "/nowhere" }, /^\/nowhere does not exist$/],
    [{ code: "ENOTFOUND", hostname: "a.example" }, /^a\.example is an unknown name$/],
  ])("%j becomes a sentence about its subject", (system, sentence) => {
    expect(explain(Object.assign(new Error("raw"), system))).toMatch(sentence);
  });

  test("that nobody has a sentence for is told in its own first line", () => {
    expect(explain(Object.assign(new Error("odd\nat x"), { code: "EODD", address: "::1", port: 1 }))).toBe(
      "odd",
    );
  });

  test("says which listener it is about, once", () => {
    const taken = { code: "EACCES", address: "127.0.0.1", port: 80 };
    const of = (listener: string) => explain(Object.assign(new Error("raw"), taken, { listener }));
    expect(of("web")).toBe("listener web: 127.0.0.1:80 may not be used by this user");
    expect(of("127.0.0.1:80")).toBe("127.0.0.1:80 may not be used by this user");
  });
});
