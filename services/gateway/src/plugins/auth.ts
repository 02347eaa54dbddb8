import { type KeyRecord, KeyRing, ProblemError, queuePrefix, type Scope } from "@osteon/shared";
import type { App, Dependencies } from "../app.js";

declare module "fastify" {
  interface FastifyRequest {
    /** Whose analyses the request may see. */
    tenant: string;
    /** The key that the request came with; null without keys. */
    key: KeyRecord | null;
  }
  interface FastifyContextConfig {
    /** What a key must be allowed to do; a route without it is open. */
    scope?: Scope;
  }
}

/** The one tenant of a system without keys. */
const onlyTenant = "default";

/** A key's last use is written at most once in this time. */
const lastUseMs = 60_000;

/** Where keys are on, every route with a scope needs a key that has it; the key tells the tenant. */
export async function auth(app: App, { config, backbone, logger }: Dependencies): Promise<void> {
  app.decorateRequest("tenant", onlyTenant);
  app.decorateRequest("key", null);
  if (config.AUTH === "off") return;
  const keys = new KeyRing(backbone.store);
  const noted = new Map<string, number>();

  const noteUse = (id: string) => {
    const now = Date.now();
    if (now - (noted.get(id) ?? 0) < lastUseMs) return;
    noted.set(id, now);
    backbone.redis
      .hset(`${queuePrefix}:keys:used`, id, new Date(now).toISOString())
      .catch((error: unknown) => logger.debug({ err: error }, "last use not noted"));
  };

  app.addHook("onRequest", async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) return;
    try {
      const [, text] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "") ?? [];
      if (text === undefined) throw new ProblemError("key-missing");
      const key = await keys.verify(text);
      requireScope(key, scope);
      request.tenant = key.tenant;
      request.key = key;
      noteUse(key.id);
    } catch (error) {
      if (error instanceof ProblemError && error.status === 401) reply.header("www-authenticate", "Bearer");
      throw error;
    }
  });
}

/** What the request may do; without keys everything. @throws ProblemError `scope-missing` */
export function requireScope(key: KeyRecord | null, scope: Scope): void {
  if (key === null || key.scopes.includes(scope) || key.scopes.includes("admin")) return;
  throw new ProblemError("scope-missing", `This call needs a key with the scope "${scope}".`);
}
