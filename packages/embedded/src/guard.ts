import { type ChildProcess, spawn } from "node:child_process";

/**
 * Ends a server that is not ours to write (Redis, the S3 server) when this process is killed and cannot do it itself:
 * a shell waits for the end of a pipe that only this process holds open, leaves `lingerSeconds` to those who still need
 * the server, and sends SIGTERM. It looks each second whether the server is there, so it never meets a reused pid.
 */
export function guard(server: ChildProcess, lingerSeconds = 0): void {
  if (server.pid === undefined || process.platform === "win32") return;
  const script =
    'read -r _; i=0; while [ "$i" -lt "$2" ] && kill -0 "$1" 2>/dev/null; do sleep 1; i=$((i+1)); done; kill -TERM "$1" 2>/dev/null';
  const shell = spawn("/bin/sh", ["-c", script, "sh", String(server.pid), String(lingerSeconds)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
    env: { PATH: process.env.PATH },
  });
  shell.on("error", () => undefined);
  shell.stdin.on("error", () => undefined);
  // It must not keep this process up; its end of the pipe closes with us.
  shell.unref();
  (shell.stdin as unknown as { unref(): void }).unref();
  server.once("exit", () => shell.kill("SIGKILL"));
}
