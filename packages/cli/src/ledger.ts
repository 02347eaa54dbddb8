import { type Analyses, setLostMarkers } from "@osteon/shared";
import { parseCommand, UsageError } from "@osteon/shared/command-line";
import type { InterruptibleTerminal } from "./gateway.js";

export const ledgerUsage = `npm run osteon -- ledger repair
  after a restore: takes up again what the copy had half: films, deliveries, dead letters`;

/** What is younger may be about to be accepted. */
const graceMs = 60_000;

/** `ledger repair`: tells each analysis whose marker was lost, and how many. @throws UsageError, ProblemError, and the signal's reason between two */
export async function ledgerCommand(
  args: readonly string[],
  analyses: Analyses,
  { out, signal }: Pick<InterruptibleTerminal, "out" | "signal">,
): Promise<void> {
  const { positionals } = parseCommand(args, {});
  if (positionals.join(" ") !== "repair") throw new UsageError("ledger needs its command: repair.");
  let found = 0;
  for await (const ref of setLostMarkers(analyses, Date.now() - graceMs, signal)) {
    out(`${ref.id}  ${ref.tenant}`);
    found += 1;
  }
  out(`${found} put back.${found === 0 ? "" : " The gateway takes them up within a minute."}`);
}
