import type { BenchFilm } from "../films.js";
import { type Protocol, untilServed, withClient } from "../load/client.js";
import { closedLoop } from "../load/loops.js";
import { signalTree, usageOf } from "../measure/process-tree.js";
import type { BenchChild } from "./child.js";
import type { Contestant } from "./contestant.js";

export interface ServedOptions extends Pick<Contestant, "name" | "title" | "kind"> {
  /** Its processes; the first one's end is the end of it. */
  children: readonly BenchChild[];
  /** Further processes that it stands on and that `close` ends: they cost and wait as its own. */
  beside?: readonly number[];
  url: string;
  /** Path that answers 2xx once it can serve. */
  ready: string;
  protocol: Protocol;
  films: readonly BenchFilm[];
  /** Lets go of what it stood on. */
  close?(): Promise<void>;
}

const startTimeoutMs = 300_000;

/** A contestant behind HTTP, once it serves. @throws Error with its last words where it does not come up */
export async function serve(options: ServedOptions): Promise<Contestant> {
  const { name, title, kind, children, beside = [], url, protocol, films } = options;
  const tell = (signal: NodeJS.Signals) => {
    for (const child of children) child.signal(signal);
    for (const pid of beside) signalTree(pid, signal);
  };
  const wake = () => tell("SIGCONT");
  // What is stopped would outlive a bench that is ended: it could not see that it has gone.
  process.once("exit", wake);
  const stop = async () => {
    wake();
    for (const child of children) await child.stop();
    await options.close?.();
    process.off("exit", wake);
  };
  try {
    await untilUp(options);
    const [first] = films;
    if (first !== undefined) await withClient(url, protocol, ({ follow }) => follow(first));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name,
    title,
    kind,
    run: (inFlight, seconds) =>
      withClient(url, protocol, ({ follow }) => closedLoop(follow, films, { inFlight, seconds })),
    usage: () => {
      const all = [...children.map((child) => child.usage()), usageOf(beside)];
      return {
        cpuMs: all.reduce((sum, each) => sum + each.cpuMs, 0),
        residentMegabytes: all.reduce((sum, each) => sum + each.residentMegabytes, 0),
      };
    },
    pause: () => tell("SIGSTOP"),
    resume: async () => {
      wake();
      await untilServed(url, protocol, films);
    },
    stop,
  };
}

async function untilUp({ title, url, ready, children }: ServedOptions): Promise<void> {
  for (const until = Date.now() + startTimeoutMs; ; ) {
    const ended = children.find((child) => child.ended);
    if (ended !== undefined || Date.now() > until)
      throw new Error(`${title} does not come up:\n${(ended ?? children[0])?.lastWords}`);
    const answer = await fetch(url + ready).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
