import { writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import path from "node:path";
import { threadId } from "node:worker_threads";

// `node --import <this>`: from the first signal on (SIGUSR2) to the end of the process, its functions' time goes to a file that
// browsers' tools and speedscope show as a flame graph.
const folder = process.env.BENCH_PROFILES;
const main = process.argv[1];
if (folder !== undefined && threadId === 0 && main?.includes(`${path.sep}services${path.sep}`)) {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  process.once("SIGUSR2", () => session.post("Profiler.start"));
  process.once("exit", () =>
    session.post("Profiler.stop", (error, answer) => {
      if (error !== null) return;
      const service = path.basename(path.resolve(main, "../../.."));
      writeFileSync(
        path.join(folder, `${service}-${process.pid}.cpuprofile`),
        JSON.stringify(answer.profile),
      );
    }),
  );
}
