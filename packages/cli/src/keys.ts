import {
  isTenant,
  type KeyLimits,
  type KeyRecord,
  type KeyRing,
  onlyTenant,
  ProblemError,
  type Scope,
  scopes,
  tenantSecret,
} from "@osteon/shared";
import { parseCommand, UsageError } from "@osteon/shared/command-line";
import { explainProblem } from "./explain.js";

export const keysUsage = `npm run osteon -- keys COMMAND
  create --tenant NAME [--name TEXT] [--scopes submit,read] [--days N]    makes a key and shows it, once
         scopes: ${scopes.join(", ")}
         [--submissions-per-minute N] [--reads-per-minute N]              a budget of its own; 0: no limit
  list                                                                    all keys with their last use, never their secrets
  revoke ID                                                               refused everywhere within 10 s
  rotate ID [--overlap-hours 24]                                          a new key; the old one goes on for the overlap
  callback-secret --tenant NAME                                           what a tenant verifies its callbacks with`;

const daySeconds = 86_400;

/** When each key was used last, by its id; undefined where nobody can be asked. */
export type LastUses = () => Promise<Readonly<Record<string, string>> | undefined>;

export interface KeysContext {
  now?: number;
  lastUses?: LastUses;
  /** Is told what the answer lacks. */
  err?: (line: string) => void;
  /** The operator's secrets of callbacks, newest first. */
  callbackSecrets?: readonly string[];
}

/** Days, or hours: more than a century is no time that anybody means, and what a date can hold is not far. */
const longest = { days: 36_525, hours: 876_600 };

/** `keys …`: does what the arguments say and returns what to print. @throws UsageError, ProblemError */
export async function keysCommand(
  args: readonly string[],
  ring: KeyRing,
  {
    now = Date.now(),
    lastUses = async () => ({}),
    err = () => undefined,
    callbackSecrets = [],
  }: KeysContext = {},
): Promise<string> {
  const { values, positionals } = parseCommand(args, options);
  const [command, id, more] = positionals;
  const extra = command === "revoke" || command === "rotate" ? more : id;
  if (extra !== undefined) throw new UsageError(`"${extra}" is one argument too many.`);
  switch (command) {
    case "create": {
      if (values.tenant === undefined) throw new UsageError("create needs --tenant.");
      const days = values.days === undefined ? undefined : positive(values.days, "--days", longest.days);
      const made = ring.create({
        tenant: values.tenant,
        name: values.name ?? "",
        scopes: scopesOf(values.scopes),
        ...(days === undefined ? {} : { expiresAt: new Date(now + days * daySeconds * 1000) }),
        ...limitsOf(values["submissions-per-minute"], values["reads-per-minute"]),
      });
      const { text, record } = await made.catch((error: unknown) => {
        const given = error instanceof ProblemError && error.code === "validation-failed";
        throw given ? new UsageError(explainProblem(error)) : error;
      });
      return shown(text, record);
    }
    case "list": {
      const used = await lastUses();
      const damaged: string[] = [];
      const records = await ring.list((id) => damaged.push(`${id}  damaged`));
      if (used === undefined)
        err("When the keys were used last is not known: the Redis of REDIS_URL does not answer.");
      return [...records.map((record) => line(record, now, used?.[record.id])), ...damaged].join("\n");
    }
    case "revoke":
      if (id === undefined) throw new UsageError("revoke needs the id of a key.");
      return `Revoked: ${line(await ring.revoke(id), now)}`;
    case "rotate": {
      if (id === undefined) throw new UsageError("rotate needs the id of a key.");
      const { text, record } = await ring.rotate(
        id,
        positive(values["overlap-hours"], "--overlap-hours", longest.hours) * 3600,
      );
      return shown(text, record);
    }
    case "callback-secret": {
      if (values.tenant === undefined) throw new UsageError("callback-secret needs --tenant.");
      const [operators] = callbackSecrets;
      if (operators === undefined) throw new UsageError("There is no WEBHOOK_SECRET: set the services' own.");
      if (values.tenant === onlyTenant)
        throw new UsageError(`Of the tenant ${onlyTenant} nothing but WEBHOOK_SECRET signs the callbacks.`);
      if (!isTenant(values.tenant)) throw new UsageError(`There can be no tenant "${values.tenant}".`);
      return tenantSecret(operators, values.tenant);
    }
    default:
      throw new UsageError(`There is no command "${command ?? ""}".`);
  }
}

const options = {
  tenant: { type: "string" },
  name: { type: "string" },
  scopes: { type: "string", default: "submit,read" },
  days: { type: "string" },
  "submissions-per-minute": { type: "string" },
  "reads-per-minute": { type: "string" },
  "overlap-hours": { type: "string", default: "24" },
} as const;

function scopesOf(text: string): Scope[] {
  return text.split(",").map((each) => {
    const scope = scopes.find((known) => known === each.trim());
    if (scope === undefined) throw new UsageError(`--scopes must be some of ${scopes.join(",")}.`);
    return scope;
  });
}

function limitsOf(submissions: string | undefined, reads: string | undefined): { limits?: KeyLimits } {
  const limits = {
    ...(submissions === undefined ? {} : { submissions: whole(submissions, "--submissions-per-minute") }),
    ...(reads === undefined ? {} : { reads: whole(reads, "--reads-per-minute") }),
  };
  return Object.keys(limits).length === 0 ? {} : { limits };
}

function whole(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${option} must be a whole number.`);
  return Number(text);
}

function positive(text: string, option: string, most: number): number {
  const value = Number(text);
  if (!(value > 0 && value <= most))
    throw new UsageError(`${option} must be a number above 0, at most ${most}.`);
  return value;
}

function shown(text: string, record: KeyRecord): string {
  return `${text}\nKeep it now: it is not shown again. Id ${record.id}, tenant ${record.tenant}, scopes ${record.scopes.join(",")}, ${record.expiresAt === undefined ? "without an end" : `until ${record.expiresAt}`}.`;
}

function line(record: KeyRecord, now: number, used?: string): string {
  const over = record.expiresAt !== undefined && Date.parse(record.expiresAt) <= now;
  const state = record.revokedAt !== undefined ? "revoked" : over ? "expired" : "valid";
  return [
    record.id,
    state,
    record.tenant,
    record.scopes.join(","),
    record.createdAt,
    record.expiresAt ?? "-",
    ...(used === undefined ? [] : [`used ${used}`]),
    record.name,
  ]
    .join("  ")
    .trimEnd();
}
