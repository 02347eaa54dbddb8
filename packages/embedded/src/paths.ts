import { resolve } from "node:path";
import { repoRoot } from "@osteon/shared/command-line";

export { defaultDataDir, repoRoot, userCwd } from "@osteon/shared/command-line";

/** What is fetched or built once and kept: removing it costs time, nothing else. */
export const cacheDir = resolve(repoRoot, ".cache");
