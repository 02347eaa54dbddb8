import { type DeadLetters, type Deliveries, type Dispatch, toProblem } from "@osteon/shared";
import { parseCommand } from "./parse-command.js";
import { UsageError } from "./usage-error.js";

export const deadLettersUsage = `npm run osteon -- dead-letters COMMAND
  list [--tenant NAME]                       failed analyses, and deliveries that were given up; of all tenants, oldest first
  retry ID… | --all [--tenant NAME]          examines the films again as new analyses, and makes the deliveries again
  redeliver NAME… | --all [--tenant NAME]    makes the deliveries only`;

interface Letters {
  letters: DeadLetters;
  deliveries: Deliveries;
  dispatch: Dispatch;
}

/** `dead-letters …`: does what the arguments say and returns what to print. @throws UsageError, ProblemError */
export async function deadLettersCommand(
  args: readonly string[],
  { letters, deliveries, dispatch }: Letters,
): Promise<string> {
  const { values, positionals } = parseCommand(args, {
    tenant: { type: "string" },
    all: { type: "boolean" },
  });
  const [command, ...names] = positionals;
  const lines: string[] = [];
  switch (command) {
    case "list":
      for await (const { id, kind, tenant, at, code, reason } of letters.list()) {
        if (values.tenant !== undefined && values.tenant !== tenant) continue;
        lines.push([id, kind, tenant, at, ...(code === undefined ? [] : [code]), reason].join("  "));
      }
      return lines.join("\n");
    case "retry": {
      if ((names.length === 0) !== (values.all === true)) throw new UsageError("retry needs ids, or --all.");
      let retried = 0;
      for await (const { id, tenant } of letters.list()) {
        if (values.tenant !== undefined && values.tenant !== tenant) continue;
        if (values.all !== true && !names.includes(id)) continue;
        try {
          lines.push(`${id}  ${(await letters.retry(id)).analysis}`);
          retried += 1;
        } catch (error) {
          lines.push(`${id}  ${toProblem(error).message}`);
        }
      }
      return [...lines, `${retried} tried again.`].join("\n");
    }
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
