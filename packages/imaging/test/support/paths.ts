import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root: the first folder upwards with a package-lock.json. */
export const root = (() => {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package-lock.json"))) folder = dirname(folder);
  return folder;
})();

/** Real films of FracAtlas. */
export const films = join(root, "../shared/data/fracatlas/images");
/** Films with the tensors that training makes of them. */
export const golden = join(root, "training/fixtures");
