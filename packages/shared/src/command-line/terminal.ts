/** Where a command says what it has to say, and what it is told by the environment. */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  readonly env: NodeJS.ProcessEnv;
}
