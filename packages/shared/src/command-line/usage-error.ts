/** The command line was wrong: shown with the usage, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
