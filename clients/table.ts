/**
 * Aligned columns, two spaces between: those of text, by default the first one, to the left, all others, which hold numbers,
 * to the right. A row shorter than the head ends with a remark, for which no column is made wider.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  text: readonly number[] = [0],
): string {
  const lines = [head, ...rows];
  const whole = lines.filter(({ length }) => length === head.length);
  const widths = head.map((_, column) =>
    Math.max(...(column === 0 ? lines : whole).map((line) => (line[column] as string).length)),
  );
  const aligned = (cell: string, column: number) =>
    text.includes(column) ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number);
  return lines.map((line) => line.map(aligned).join("  ").trimEnd()).join("\n");
}
