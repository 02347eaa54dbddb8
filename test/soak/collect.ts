import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

/** Makes a service of a soak collect its garbage. */
export const collectSignal = "SIGUSR2";

// `node --import <this>`: in services only, which have a channel to their supervisor.
if (isMainThread && process.send !== undefined) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  process.on(collectSignal, () => collect());
}
