import type { LoadHook } from "node:module";

/** Raises the version of the job shapes by one, in the module that says it, and has every job written in it. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith("/contracts/jobs.js")) return loaded;
  const source = String(loaded.source);
  const raised = source
    .replace(/schemaVersion = (\d+)/, (_, version) => `schemaVersion = ${Number(version) + 1}`)
    .replace(/plainVersion = \d+/, "plainVersion = schemaVersion");
  if (!raised.includes("plainVersion = schemaVersion"))
    throw new Error("the version of the jobs is not where it was");
  return { ...loaded, source: raised };
};
