import { type KeyRecord, KeyRing, noteUseOfKey, onlyTenant, ProblemError, type Scope } from "@osteon/shared";
import type { FastifyRequest } from "fastify";
import { vary } from "../answers/vary.js";
import type { App, Dependencies } from "../app.js";
import { requireFromPage, sessionHeader } from "../from-page.js";
import { cookie } from "../libraries/fastify.js";
import { type Session, Sessions } from "../sessions.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Whose analyses the request may see. */
    tenant: string;
    /** The key that the request came with; null without keys. */
    key: KeyRecord | null;
    /** Why what it came with is good no more, where it is not: for an answer that lasts. */
    refusal(): Promise<ProblemError | undefined>;
  }
  interface FastifyContextConfig {
    /** What a key must be allowed to do; a route without it is open. */
    scope?: Scope;
    /** Whether a browser may hand the key over by itself, as the password of HTTP Basic: only for what changes nothing. */
    basic?: boolean;
  }
  interface FastifyInstance {
    keys: KeyRing;
    sessions: Sessions;
  }
}

/** The prefix makes browsers take it only with `Secure`, for this host alone. */
export const sessionCookie = "__Host-osteon";

/** A key's last use is written at most once in this time. */
const lastUseMs = 60_000;

/**
 * Where keys are on, every route with a scope needs a key that has it; the key tells the tenant. A program sends the key
 * with each call; a person at the page has a session that was opened with it.
 */
export async function auth(app: App, { config, backbone, logger }: Dependencies): Promise<void> {
  const keys = new KeyRing(backbone.store);
  const sessions = new Sessions(backbone.redis);
  app.decorateRequest("tenant", onlyTenant);
  app.decorateRequest("key", null);
  app.decorateRequest("refusal", async () => undefined);
  app.decorate("keys", keys);
  app.decorate("sessions", sessions);
  await app.register(cookie);
  if (config.AUTH === "off") return;
  const noted = new Map<string, number>();

  const noteUse = (id: string) => {
    const now = Date.now();
    if (now - (noted.get(id) ?? 0) < lastUseMs) return;
    noted.set(id, now);
    noteUseOfKey(backbone.redis, id, new Date(now)).catch((error: unknown) =>
      logger.debug({ err: error }, "last use not noted"),
    );
  };

  const keyOf = async (request: FastifyRequest): Promise<KeyRecord> => {
    const text = keyTextOf(request);
    if (text !== undefined) return keys.verify(text);
    const token = request.cookies[sessionCookie];
    if (token === undefined) throw new ProblemError("key-missing");
    requireFromPage(request);
    const { key } = await keyOfSession(token, { keys, sessions });
    const believed = request.headers[sessionHeader];
    if (believed !== undefined && believed !== key.id)
      throw new ProblemError("session-over", "The browser has signed in with another key meanwhile.");
    return key;
  };

  const keyWithScope = async (request: FastifyRequest, scope: Scope): Promise<KeyRecord> => {
    const key = await keyOf(request);
    requireScope(key, scope);
    return key;
  };

  const refusalOf = (error: unknown): ProblemError | undefined => {
    // Where it cannot be asked, nobody knows better than before.
    if (!(error instanceof ProblemError) || error.status >= 500 || error.status === 429) return undefined;
    return error;
  };

  app.addHook("onRequest", async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    vary(reply, "authorization, cookie");
    const key = await keyWithScope(request, scope);
    request.tenant = key.tenant;
    request.key = key;
    request.refusal = () => keyWithScope(request, scope).then(() => undefined, refusalOf);
    noteUse(key.id);
  });
}

/** The key that a request carries itself: what it says to be one, also where it cannot be. */
function keyTextOf({ headers, routeOptions }: FastifyRequest): string | undefined {
  const [, scheme, text = ""] = /^(Bearer|Basic) +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
  if (scheme === undefined) return undefined;
  if (/^bearer$/i.test(scheme)) return text;
  if (routeOptions.config.basic !== true) return undefined;
  const [, password = ""] = /^[^:]*:(.*)$/s.exec(Buffer.from(text, "base64").toString()) ?? [];
  return password;
}

/**
 * What a 401 asks for. A browser asks its reader for a key where a page is opened, not each time that an open page looks for news. A
 * field for each way: of several in one, browsers see the first.
 */
export function challengeOf({ headers, routeOptions }: FastifyRequest): string | string[] {
  const opened = (headers["sec-fetch-mode"] ?? "navigate") === "navigate";
  if (routeOptions.config.basic !== true || !opened) return "Bearer";
  return ["Bearer", 'Basic realm="Osteon: the password is a key", charset="UTF-8"'];
}

/** The key of a session, valid still: a session ends with its key. @throws ProblemError `session-over` */
export async function keyOfSession(
  token: string,
  { keys, sessions }: { keys: KeyRing; sessions: Sessions },
): Promise<{ key: KeyRecord; session: Session }> {
  const session = await sessions.find(token);
  if (session === undefined) throw new ProblemError("session-over");
  try {
    return { key: await keys.find(session.keyId), session };
  } catch (error) {
    if (error instanceof ProblemError && error.code === "key-invalid") throw new ProblemError("session-over");
    throw error;
  }
}

/** What the request may do; without keys everything. @throws ProblemError `scope-missing` */
export function requireScope(key: KeyRecord | null, scope: Scope): void {
  if (key === null || key.scopes.includes(scope) || key.scopes.includes("admin")) return;
  throw new ProblemError("scope-missing", `This call needs a key with the scope "${scope}".`);
}
