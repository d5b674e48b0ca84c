import { expect, test } from "vitest";
import { missingGlyphs, withoutGlyph } from "../../../stress/charts/glyphs.ts";
import { draw } from "../../../stress/charts/paper.ts";
import { runOf } from "../../../stress/charts/run.ts";
import { throughput } from "../../../stress/charts/throughput.ts";
import { syntheticResults } from "../../support/synthetic-results.ts";

test.each([
  "基线与轮询 基線與輪詢",
  "ラウンドロビン らうんど 最小接続",
  "라운드 로빈",
  "خط الأساس",
  "עברית हिन्दी ไทย ქართული",
  "🚀 ✅ ⚡ 🔥 👩‍👩‍👧",
  "Ωμέγα Русский àçñøß – · … × µ",
])("has a glyph for each character of %s", (text) => {
  expect(withoutGlyph(text)).toEqual([]);
});

test("finds the characters that no font has, each once", () => {
  expect(withoutGlyph("a\u{1fffe}b\u{1ffff}\u{1fffe}")).toEqual(["\u{1fffe}", "\u{1ffff}"]);
});

test("misses no glyph where nothing is to be seen", () => {
  expect(withoutGlyph(" \t\n\u200d\u00a0\u3000")).toEqual([]);
});

test("names what a run's name, its servers and its scenario lack, and how many more there are", () => {
  const results = syntheticResults({
    servers: { "a\u{1fffe}": [1, 10] },
    changes: { scenario: "b\u{2fffe}" },
  });
  expect(missingGlyphs(runOf("基线", results, 0))).toBe("\u{2fffe} (U+2FFFE), \u{1fffe} (U+1FFFE)");
  const many = Array.from({ length: 10 }, (_, i) => String.fromCodePoint(0x10000 * (i + 1) + 0xfffe)).join(
    "",
  );
  expect(missingGlyphs(runOf(many, syntheticResults(), 0))).toMatch(/^.* \(U\+8FFFE\) and 2 more$/);
  expect(missingGlyphs(runOf("基线", syntheticResults(), 0))).toBeUndefined();
});

test("two names of one script are two pictures", () => {
  const picture = (name: string) => draw(throughput([runOf(name, syntheticResults(), 0)], []) as never);
  expect(picture("基基").equals(picture("线线"))).toBe(false);
});
