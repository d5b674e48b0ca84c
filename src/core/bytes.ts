const BYTE = /\\x([0-9a-f]{2})/gi;
const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** The bytes that a text stands for: UTF-8, and `\xNN`, in these four characters, for the one byte NN. */
export function bytesOf(text: string): Buffer {
  const parts = text.split(BYTE);
  // Every second part is what the brackets of the pattern found.
  return Buffer.concat(parts.map((part, at) => Buffer.from(part, at % 2 === 1 ? "hex" : "utf8")));
}

/** Bytes as a line of a log can have them: text where they are UTF-8, and otherwise `\xNN` for what is not ASCII. */
export function readable(bytes: Uint8Array): string {
  try {
    return JSON.stringify(UTF8.decode(bytes));
  } catch {
    const text = Array.from(bytes, (byte) => (isPrintable(byte) ? String.fromCharCode(byte) : escaped(byte)));
    return `"${text.join("")}"`;
  }
}

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f;
}

function escaped(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
