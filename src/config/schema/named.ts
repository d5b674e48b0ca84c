import { z } from "zod";

/** An entry whose name may be left out: then it is made from the rest. */
export function named<Entry extends z.ZodType<{ name?: string | undefined }>>(
  entry: Entry,
  nameOf: (entry: z.output<Entry>) => string,
) {
  return z.codec(entry, z.custom<z.output<Entry> & { name: string }>(), {
    decode: (given) => {
      const name = { name: given.name ?? nameOf(given) };
      return Object.assign({}, name, given, name);
    },
    encode: (whole) => whole,
  });
}
