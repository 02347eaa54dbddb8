import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const preload = new URL("./inside/preload.js", import.meta.url).href;
/** What mounted a file system is named for its process, so that a later run can clear up after one that was killed. */
const device = /^osteon-test-(\d+) (\S+) tmpfs /gm;

/** A store's file system that can be filled up. */
export interface SmallDisk {
  /** What services that write to it are to be started with. */
  env: Record<string, string>;
  /** Fills it to the last byte; the returned function empties it. */
  fill(): () => void;
  remove(): void;
}

/** Puts a folder on a file system of its own; undefined where this machine lets nobody mount one. */
export function mountDisk(folder: string, megabytes: number): SmallDisk | undefined {
  clearUp();
  const mount = ["-t", "tmpfs", "-o", `size=${megabytes}m`, `osteon-test-${process.pid}`, folder];
  try {
    execFileSync("mount", mount, { stdio: "ignore" });
  } catch {
    return undefined;
  }
  // The runner ends a file that hangs: what it mounted must not stay.
  const unmount = () => execFileSync("umount", ["--lazy", folder]);
  process.once("exit", unmount);
  const ballast = path.join(folder, "ballast");
  return {
    env: {},
    fill: () => {
      try {
        execFileSync("dd", ["if=/dev/zero", `of=${ballast}`, "bs=4k"], { stdio: "ignore" });
        throw new Error("a disk of a few megabytes took all there is");
      } catch (error) {
        // It ends with this when nothing more goes in, which is what is wanted.
        if ((error as { status?: number }).status !== 1) throw error;
      }
      return () => rmSync(ballast, { force: true });
    },
    remove: () => {
      process.off("exit", unmount);
      execFileSync("umount", [folder]);
    },
  };
}

/** Stands in for one that cannot be mounted: the file system refuses the services' writes as a full one does. */
export function pretendDisk(folder: string): SmallDisk {
  const file = path.join(folder, "disk-is-full");
  return {
    env: { NODE_OPTIONS: `--import=${preload}`, OSTEON_FULL_DISK: file },
    fill: () => {
      writeFileSync(file, "");
      return () => rmSync(file);
    },
    remove: () => undefined,
  };
}

/** Unmounts what is left of runs that were killed. */
function clearUp(): void {
  if (process.platform !== "linux") return;
  for (const [, pid, folder = ""] of readFileSync("/proc/mounts", "utf8").matchAll(device)) {
    try {
      process.kill(Number(pid), 0);
    } catch {
      execFileSync("umount", ["--lazy", folder]);
    }
  }
}
