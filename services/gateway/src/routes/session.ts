import { filmLimits } from "@osteon/imaging";
import { type KeyRecord, onlyTenant, ProblemError, scopes } from "@osteon/shared";
import { type Static, Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";
import { requireFromPage } from "../from-page.js";
import { keyOfSession, sessionCookie } from "../plugins/auth.js";
import type { Session } from "../sessions.js";
import { strict } from "./schemas.js";

const SessionView = Type.Object({
  auth: Type.Enum(["off", "keys"], { description: "Whether calls need a key." }),
  signedIn: Type.Boolean(),
  tenant: Type.Optional(Type.String()),
  name: Type.Optional(Type.String({ description: "The key’s, for people." })),
  key: Type.Optional(
    Type.String({
      description:
        "Names the key, and is no secret. Calls that carry it as X-Osteon-Session are refused (401) once the browser has signed in with another.",
    }),
  ),
  scopes: Type.Array(Type.Enum([...scopes])),
  expiresAt: Type.Optional(Type.String({ format: "date-time" })),
  limits: Type.Object(
    {
      filmBytes: Type.Integer({ description: "Largest film." }),
      filmPixels: Type.Integer({ description: "Most pixels of a film." }),
      uploadBytes: Type.Integer({ description: "Largest sum of the films of one analysis." }),
      films: Type.Integer({ description: "Most films of one analysis." }),
    },
    { description: "What a submission may be." },
  ),
});
export type SessionView = Static<typeof SessionView>;

const Key = Type.Object({ key: Type.String({ maxLength: 200 }) }, strict);

const cookieOptions = { path: "/", httpOnly: true, secure: true, sameSite: "strict" } as const;

/** `/v1/session`: a person at the page signs in with a key, and out. */
export async function session(app: App, { config }: Dependencies): Promise<void> {
  const limits = {
    filmBytes: config.MAX_FILM_BYTES,
    filmPixels: filmLimits.maximumPixels,
    uploadBytes: config.MAX_UPLOAD_BYTES,
    films: config.MAX_FILMS,
  };
  const without: SessionView =
    config.AUTH === "off"
      ? { auth: "off", signedIn: true, tenant: onlyTenant, scopes: [...scopes], limits }
      : { auth: "keys", signedIn: false, scopes: [], limits };
  const viewOf = ({ id, tenant, name, scopes, expiresAt }: KeyRecord, session: Session): SessionView => ({
    auth: "keys",
    signedIn: true,
    tenant,
    name,
    key: id,
    scopes,
    // A key that was rotated since may end before the session that was opened with it.
    expiresAt: expiresAt !== undefined && expiresAt < session.expiresAt ? expiresAt : session.expiresAt,
    limits,
  });

  app.route({
    method: "GET",
    url: "/v1/session",
    schema: {
      operationId: "getSession",
      summary: "Who is at the page, and what a submission may be",
      response: { 200: SessionView },
    },
    config: {
      problems: [
        "too-many-unknown-keys",
        "store-unavailable",
        "queue-unavailable",
        "record-damaged",
        "record-too-new",
      ],
    },
    handler: async (request, reply): Promise<SessionView> => {
      reply.header("cache-control", "no-store");
      const token = request.cookies[sessionCookie];
      if (config.AUTH === "off" || token === undefined) return without;
      try {
        const { key, session } = await keyOfSession(token, app);
        return viewOf(key, session);
      } catch (error) {
        if (!(error instanceof ProblemError) || error.status !== 401) throw error;
        reply.clearCookie(sessionCookie, cookieOptions);
        return without;
      }
    },
  });

  app.route({
    method: "POST",
    url: "/v1/session",
    schema: {
      operationId: "signIn",
      summary: "Sign in with a key",
      description:
        "Opens a session of eight hours at most, held by an HTTP-only cookie. It may do what the key may, ends with it, and changes things only with the header X-Osteon-Page from the same origin.",
      body: Key,
      response: { 200: SessionView },
    },
    config: {
      problems: [
        "key-invalid",
        "too-many-unknown-keys",
        "rate-limited",
        "cross-site",
        "store-unavailable",
        "queue-unavailable",
        "record-damaged",
        "record-too-new",
      ],
    },
    handler: async (request, reply): Promise<SessionView> => {
      if (config.AUTH === "off") return without;
      requireFromPage(request);
      const key = await app.keys.verify(request.body.key.trim());
      // Who it is, is only known by now. Sessions lie in Redis for hours.
      await app.count({ tenant: key.tenant, key }, "reads", reply);
      const { token, session, seconds } = await app.sessions.open(key);
      // What the browser forgets with this answer nobody can sign out of any more.
      const before = request.cookies[sessionCookie];
      if (before !== undefined) await app.sessions.close(before);
      reply.setCookie(sessionCookie, token, { ...cookieOptions, maxAge: seconds });
      reply.header("cache-control", "no-store");
      return viewOf(key, session);
    },
  });

  app.route({
    method: "DELETE",
    url: "/v1/session",
    schema: {
      operationId: "signOut",
      summary: "Sign out",
      response: { 204: Type.Null({ description: "Signed out, or never signed in." }) },
    },
    config: { problems: ["cross-site", "queue-unavailable"] },
    handler: async (request, reply) => {
      const token = request.cookies[sessionCookie];
      if (token !== undefined) {
        requireFromPage(request);
        await app.sessions.close(token);
      }
      return reply.clearCookie(sessionCookie, cookieOptions).code(204).send(null);
    },
  });
}
