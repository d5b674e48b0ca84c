/** Aligned columns: numbers, "-" for none, and what stands above them to the right, text to the left, two spaces between. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? "").length)));
  const numeric = head.map((_, column) =>
    rows.every((row) => /^(?:[\d.]+(?: ?%)?|-?)$/.test(row[column] ?? "")),
  );
  return lines
    .map((line) => {
      const cells = line.map((cell, column) => {
        const width = widths[column] as number;
        return numeric[column] && column > 0 ? cell.padStart(width) : cell.padEnd(width);
      });
      return cells.join("  ").trimEnd();
    })
    .join("\n");
}
