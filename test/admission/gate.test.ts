import { expect, test } from "vitest";
import { admit, type Gate } from "#lb/admission/gate";
import { Ended } from "#lb/core/ending";
import { Session } from "#lb/live/session";

const session = new Session(1, "l", 0, {
  kind: "unix",
  remote: undefined,
  local: undefined,
  bytesRead: 0,
});

/** A gate with one door, which writes down its comings and goings. */
function door(name: string, diary: string[]): Gate {
  return () => {
    diary.push(`${name} in`);
    return { [Symbol.dispose]: () => void diary.push(`${name} out`) };
  };
}

const shut: Gate = () => {
  throw new Ended("denied");
};

test("gives back what the gates held when the session is over, the last first", () => {
  const diary: string[] = [];
  {
    using _pass = admit(session, [door("a", diary), () => undefined, door("b", diary)]);
    expect(diary).toEqual(["a in", "b in"]);
  }
  expect(diary).toEqual(["a in", "b in", "b out", "a out"]);
});

test("a gate that refuses gives back what those before it held, and asks none behind it", () => {
  const diary: string[] = [];
  const gates = [door("a", diary), shut, door("b", diary)];
  expect(() => admit(session, gates)).toThrow(new Ended("denied") as unknown as Error);
  expect(diary).toEqual(["a in", "a out"]);
});

test("without gates everybody passes", () => {
  expect(admit(session, [])).toBeUndefined();
});
