import { type ChildProcess, fork } from "node:child_process";
import type { Lane, LaneListener, LaneMessage, LaneReply } from "./protocol.js";

/** Most of what a process writes on its standard error that is kept for the reason of its end. */
const mostWords = 2_000;

/**
 * Starts a child process of `entry`, a module that calls `serve` with a `processPort`: for a runtime that cannot live in a
 * thread. A process that is killed, or that its own native code ends, takes nothing with it.
 *
 * @param env added to this process's environment
 */
export function startProcessLane(entry: URL, env: NodeJS.ProcessEnv, listener: LaneListener): Lane {
  const child = fork(entry, {
    // Sends numbers as bytes.
    serialization: "advanced",
    execArgv: [],
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-mostWords);
  });
  child.on("message", (reply) => listener.onReply(reply as LaneReply));
  const ended = new Promise<void>((resolve) => {
    const end = (reason: string) => {
      listener.onEnd(reason);
      resolve();
    };
    // "close" comes when its last words are read too, "exit" before.
    child.once("close", (code, signal) => end(endOf(code, signal, words)));
    child.once("error", (error) => {
      if (child.pid === undefined) end(error.message);
    });
  });
  return {
    post: (message) => post(child, message),
    end: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function post(child: ChildProcess, message: LaneMessage): void {
  // Memory is not shared between processes.
  const sent = message.kind === "load" ? { ...message, model: Uint8Array.from(message.model) } : message;
  // One that is gone says so by its end.
  child.send(sent, () => {});
}

function endOf(code: number | null, signal: string | null, words: string): string {
  const how = signal === null ? `exit code ${code}` : signal;
  const last = words.trim().split("\n").slice(-3).join("; ");
  return last === "" ? how : `${how}: ${last}`;
}
