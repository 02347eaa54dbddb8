// What the command lines share; apart from the rest of the package, which takes long to load.
export { disclaimer } from "../contracts/disclaimer.js";
export { outliveReaders } from "./closed-pipes.js";
export { badConfiguration, interrupted } from "./exit-codes.js";
export { asksForHelp, parseCommand } from "./parse-command.js";
export { defaultDataDir, repoRoot, userCwd } from "./paths.js";
export { printable } from "./printable.js";
export { onStopSignal } from "./stop-signals.js";
export type { Terminal } from "./terminal.js";
export { UsageError } from "./usage-error.js";
