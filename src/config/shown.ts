import { withoutLogins } from "../core/logins.ts";

const LONGEST = 80;
// What moves a terminal's cursor or turns its text around.
const UNSEEN = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

/** Keys whose values are shown nowhere. */
const SECRETS: readonly unknown[] = ["password"];

/** A value as a mistake or a difference shows it: one short line, escaped, without secrets. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") return "a mapping";
  const text = typeof value === "string" ? JSON.stringify(withoutSecrets(value)) : String(value);
  return short(text, LONGEST);
}

/** The first line of a text from outside, escaped and without secrets, to stand in a sentence of ours. */
export function retold(message: string): string {
  return short(withoutSecrets(message.split("\n", 1)[0] as string), 2 * LONGEST);
}

/** The text with all that a reader would not see, or that would move a terminal's cursor, escaped. */
export function escaped(text: string): string {
  return text.replace(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function short(text: string, longest: number): string {
  const seen = escaped(text);
  return seen.length > longest ? `${seen.slice(0, longest)}…` : seen;
}

/** The text with the password of every URL in it replaced by three stars. */
function withoutSecrets(text: string): string {
  return text
    .replace(/(:\/\/[^\s:/?#@]*:)\S*@/g, "$1***@")
    .replace(/([?&;](?:ssl)?password=)[^\s&]*/gi, "$1***");
}

/** A value of the file, which stands at a key, with the text of every secret in it replaced by three stars. */
export function withSecretsHidden(value: unknown, key?: string | number): unknown {
  if (SECRETS.includes(key) && value !== undefined) return "***";
  if (typeof value === "string") return withoutSecrets(key === "send" ? withoutLogins(value) : value);
  if (Array.isArray(value)) return value.map((each) => withSecretsHidden(each));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withSecretsHidden(each, name)]),
  );
}
