import type { Terminal } from "@osteon/shared/command-line";

/** A terminal, and whether it is to be told in JSON. */
export interface ModelsTerminal extends Terminal {
  readonly json: boolean;
}
