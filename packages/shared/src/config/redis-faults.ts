import type { Config } from "./schema.js";

/**
 * What is wrong with where Redis is, as the configuration says it: by the variable's name, a text that begins with it. Only of what the
 * schema lets pass.
 */
export function redisFaults({ REDIS_URL, REDIS_CLUSTER, REDIS_SENTINELS }: Config): Map<string, string> {
  const faults = new Map<string, string>();
  for (const url of REDIS_URL.split(",")) {
    if (!URL.canParse(url)) continue;
    const { username, password, pathname } = new URL(url);
    if (![username, password].every(isDecodable))
      faults.set("REDIS_URL", "REDIS_URL has a % that stands for no character: a % itself is written %25");
    else if (!/^\/?\d*$/.test(pathname))
      faults.set(
        "REDIS_URL",
        "REDIS_URL may end in the number of a database, such as /1, and in nothing else",
      );
  }
  const sentinels = REDIS_SENTINELS?.split(",") ?? [];
  if (!sentinels.every((each) => URL.canParse(`redis://${each}`)))
    faults.set("REDIS_SENTINELS", "REDIS_SENTINELS names a port or a host that cannot be");
  if (REDIS_CLUSTER === "off" && REDIS_URL.includes(","))
    faults.set("REDIS_URL", "REDIS_URL names several nodes, which only a cluster has: set REDIS_CLUSTER=on");
  if (REDIS_CLUSTER === "on" && REDIS_SENTINELS !== undefined)
    faults.set("REDIS_CLUSTER", "REDIS_CLUSTER must be off where REDIS_SENTINELS is set");
  return faults;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
