import { execFile } from "node:child_process";

export interface CommandResult {
  /** Exit code; `undefined` where the command is not there or was ended by a signal. */
  code: number | undefined;
  output: string;
}

/** Runs a command to its end without a shell. Never throws: the caller says what a failure means. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(
      file,
      args,
      { ...options, encoding: "utf8", maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const output = `${stdout}${stderr}`.trim();
        if (error === null) return resolve({ code: 0, output });
        resolve({
          code: typeof error.code === "number" ? error.code : undefined,
          output: output || error.message,
        });
      },
    );
  });
}
