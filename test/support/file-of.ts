import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file in a folder of its own, gone when it is disposed of. */
export interface TestFile extends AsyncDisposable {
  readonly path: string;
  /** Puts another in its place at once, as editors do: nobody ever reads half of it. */
  replace(text: string): Promise<void>;
}

/** A file of that text. */
export async function fileOf(text: string, name = "lb.yaml"): Promise<TestFile> {
  const folder = await mkdtemp(join(tmpdir(), "file-"));
  const path = join(folder, name);
  await writeFile(path, text);
  return {
    path,
    async replace(next) {
      await writeFile(`${path}.new`, next);
      await rename(`${path}.new`, path);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
