import {
  type DeadLetters,
  type Deliveries,
  type DeliveryRef,
  type Dispatch,
  ProblemError,
  toProblem,
} from "@osteon/shared";
import { parseCommand, UsageError } from "@osteon/shared/command-line";
import type { InterruptibleTerminal } from "./gateway.js";

export const deadLettersUsage = `npm run osteon -- dead-letters COMMAND
  list [--tenant NAME]                       failed analyses, and deliveries that were given up; of all tenants, oldest first
  retry ID… | --all [--tenant NAME]          examines the films again as new analyses, and makes the deliveries again
  redeliver NAME… | --all [--tenant NAME]    makes the deliveries only
                                             what goes to a disabled endpoint is told, and made when that is enabled`;

interface Letters {
  letters: Pick<DeadLetters, "list" | "retry">;
  deliveries: Pick<Deliveries, "deadLetters">;
  dispatch: Pick<Dispatch, "redeliver">;
}

/** Told of each dead letter that nobody can read. */
export type OnDamaged = (name: string, problem: ProblemError) => void;

/**
 * `dead-letters …`: does what the arguments say, telling each step as it is done.
 *
 * @param open gives the dead letters, which tell what they leave out
 * @param err told of those
 * @returns whether all went well, and nothing was left out @throws UsageError, ProblemError, and the signal's reason between two steps
 */
export async function deadLettersCommand(
  args: readonly string[],
  open: (onDamaged: OnDamaged) => Letters,
  { out, err, signal }: Pick<InterruptibleTerminal, "out" | "err" | "signal">,
): Promise<boolean> {
  let whole = true;
  const onDamaged: OnDamaged = (name, { message }) => {
    whole = false;
    err(`${name}  ${message}`);
  };
  const { letters, deliveries, dispatch } = open(onDamaged);
  const { values, positionals } = parseCommand(args, {
    tenant: { type: "string" },
    all: { type: "boolean" },
  });
  const { tenant, all } = values;
  const [command, ...names] = positionals;
  switch (command) {
    case "list":
      for await (const { id, kind, tenant: whose, at, code, reason } of letters.list()) {
        signal.throwIfAborted();
        if (tenant !== undefined && tenant !== whose) continue;
        out([id, kind, whose, at, ...(code === undefined ? [] : [code]), reason].join("  "));
      }
      return whole;
    case "retry": {
      if ((names.length === 0) !== (all === true)) throw new UsageError("retry needs ids, or --all.");
      const { done, well } = await eachChosen(
        givenUp(letters),
        { tenant, names, out, signal },
        async ({ name }) => {
          return `${name}  ${(await letters.retry(name)).analysis}`;
        },
      );
      out(`${done} tried again.`);
      return well && whole;
    }
    case "redeliver": {
      if ((names.length === 0) !== (all === true)) throw new UsageError("redeliver needs names, or --all.");
      const { done, well } = await eachChosen(
        undelivered(deliveries, onDamaged),
        { tenant, names, out, signal },
        async ({ name, ref }) => {
          await dispatch.redeliver(ref);
          return name;
        },
      );
      out(`${done} to be made again.`);
      return well && whole;
    }
    default:
      throw new UsageError(`There is no command "${command ?? ""}".`);
  }
}

interface Named {
  name: string;
  tenant: string;
}

async function* givenUp(letters: Letters["letters"]): AsyncGenerator<Named> {
  for await (const { id, tenant } of letters.list()) yield { name: id, tenant };
}

async function* undelivered(
  deliveries: Letters["deliveries"],
  onDamaged: OnDamaged,
): AsyncGenerator<Named & { ref: DeliveryRef }> {
  for await (const { name, ref } of deliveries.deadLetters(onDamaged))
    yield { name, tenant: ref.tenant, ref };
}

interface Choice {
  tenant: string | undefined;
  /** None: all. */
  names: readonly string[];
  out(line: string): void;
  signal: AbortSignal;
}

/**
 * Takes the step for each that is chosen; one that fails, or is not there, is told and stops no other. What the steps
 * themselves bring about, such as a retry that fails again, is not among them.
 */
async function eachChosen<T extends Named>(
  found: AsyncIterable<T>,
  { tenant, names, out, signal }: Choice,
  step: (one: T) => Promise<string>,
): Promise<{ done: number; well: boolean }> {
  const missing = new Set(names);
  let done = 0;
  let well = true;
  const failed = (name: string, error: unknown) => {
    well = false;
    out(`${name}  ${toProblem(error).message}`);
  };
  const chosen: T[] = [];
  for await (const one of found) {
    signal.throwIfAborted();
    if (tenant !== undefined && tenant !== one.tenant) continue;
    if (names.length === 0 || missing.delete(one.name)) chosen.push(one);
  }
  for (const one of chosen) {
    signal.throwIfAborted();
    try {
      out(await step(one));
      done += 1;
    } catch (error) {
      failed(one.name, error);
    }
  }
  for (const name of missing) failed(name, new ProblemError("dead-letter-not-found"));
  return { done, well };
}
