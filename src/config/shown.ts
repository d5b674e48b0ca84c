const LONGEST = 80;
// What moves a terminal's cursor or turns its text around, besides what JSON escapes.
const UNSEEN = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** A value as a mistake or a difference shows it: one short line, escaped, without secrets. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object") return "a mapping";
  const text = typeof value === "string" ? JSON.stringify(withoutSecrets(value)) : String(value);
  const seen = text.replace(UNSEEN, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return seen.length > LONGEST ? `${seen.slice(0, LONGEST)}…` : seen;
}

/** The text with the password of every URL in it replaced by three stars. */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(:\/\/[^\s:/?#@]*:)\S*@/g, "$1***@")
    .replace(/([?&;](?:ssl)?password=)[^\s&]*/gi, "$1***");
}
