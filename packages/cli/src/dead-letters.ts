import { parseArgs } from "node:util";
import type { Deliveries, Dispatch } from "@osteon/shared";
import { UsageError } from "./keys.js";

export const deadLettersUsage = `npm run osteon -- dead-letters COMMAND
  list [--tenant NAME]                       deliveries that were given up, of all tenants, oldest event first
  redeliver NAME… | --all [--tenant NAME]    makes them again, under their own ids`;

interface Letters {
  deliveries: Deliveries;
  dispatch: Dispatch;
}

/** `dead-letters …`: does what the arguments say and returns what to print. @throws UsageError, ProblemError */
export async function deadLettersCommand(
  args: readonly string[],
  { deliveries, dispatch }: Letters,
): Promise<string> {
  const { values, positionals } = parse(args);
  const [command, ...names] = positionals;
  const lines: string[] = [];
  switch (command) {
    case "list":
      for await (const { name, ref, record } of deliveries.deadLetters()) {
        if (values.tenant !== undefined && values.tenant !== ref.tenant) continue;
        const { type, createdAt, attempts, reason } = record;
        lines.push([name, ref.tenant, type, createdAt, `${attempts.length} tries`, reason].join("  "));
      }
      return lines.join("\n");
    case "redeliver":
      if ((names.length === 0) !== (values.all === true))
        throw new UsageError("redeliver needs names, or --all.");
      for await (const { name, ref } of deliveries.deadLetters()) {
        if (values.tenant !== undefined && values.tenant !== ref.tenant) continue;
        if (values.all !== true && !names.includes(name)) continue;
        await dispatch.redeliver(ref);
        lines.push(name);
      }
      return [...lines, `${lines.length} to be made again.`].join("\n");
    default:
      throw new UsageError(`There is no command "${command ?? ""}".`);
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { tenant: { type: "string" }, all: { type: "boolean" } },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
