import swaggerUi from "@fastify/swagger-ui";
import { catalogue, disclaimer, ProblemError, type Scope } from "@osteon/shared";
import type { FastifyReply, RouteOptions } from "fastify";
import type { App } from "../app.js";
import { swagger } from "../libraries/fastify.js";
import { declaredProblems, everywhere } from "../openapi/declared-problems.js";
import { headers, headersOf } from "../openapi/headers.js";
import { componentSchemas, type Json, plain, referring } from "../openapi/named-schemas.js";
import { problemResponses } from "../openapi/problem-responses.js";
import { requestBodies } from "../openapi/request-bodies.js";
import { sentWebhooks } from "../openapi/webhooks.js";

/** The one style element of the rendered reference: of the sign in its head. After an upgrade a browser's console tells the new one. */
const sign = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='";

/** As our own page's, but for the pictures that are inside its style. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${sign}`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

interface Operation {
  operationId?: string;
  summary?: string;
  security?: { key: Scope[] }[];
  requestBody?: { required?: boolean };
  responses: Record<string, { description?: string; headers?: object }>;
}

interface Document {
  paths?: Record<string, Record<string, Operation>>;
  components?: object;
  webhooks?: object;
}

const tags = [
  { name: "Analyses", description: "Submit the films of an exam, follow it, cancel and erase it." },
  { name: "Films", description: "A film’s pictures." },
  { name: "Webhooks", description: "Endpoints that are told of every end, and their deliveries." },
  { name: "Models", description: "What is loaded." },
  { name: "Page", description: "A session of a person at the page, and what the page follows." },
  { name: "Operation", description: "What the operator of the whole system sees." },
  {
    name: "The origin’s calls",
    description: "At the paths and in the shapes of the project that Osteon follows.",
  },
];

/**
 * The OpenAPI 3.1 document at `/openapi.json`, made from the routes' schemas, and its rendered form at `/docs`, which needs nothing from
 * outside.
 */
export async function openapi(app: App): Promise<void> {
  const bodiless = new Set<string>();
  let text = "";
  const show = (reply: FastifyReply) => reply.type("application/json").send(text);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Osteon",
        version: "1",
        description: [
          `Finds fractures in X-ray films, asynchronously. ${disclaimer}`,
          "Every refusal is `application/problem+json` (RFC 9457) whose `code` is stable: docs/reference/problems.md lists them with their rules, `/problems/{code}` tells each. Every answer has an `x-request-id`.",
          `Any call may be answered: ${everywhere.map((code) => `${catalogue[code].status} \`${code}\``).join(", ")}.`,
        ].join("\n\n"),
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      tags,
      components: {
        securitySchemes: {
          key: {
            type: "http",
            scheme: "bearer",
            description:
              "A key, `osk_…`, where the system has keys (`AUTH=keys`). Its scopes are named at each call.",
          },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      if (route.config?.bodyOptional === true) bodiless.add(schema?.operationId ?? "");
      return { schema: described(schema, route), url };
    },
    transformObject: (found) => {
      if (!("openapiObject" in found)) return found.swaggerObject;
      return finished(plain(found.openapiObject) as unknown as Document, bodiless);
    },
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    // The library's own has `upgrade-insecure-requests`: over plain HTTP the page would be blank.
    staticCSP: policy,
    logLevel: "warn",
    uiHooks: {
      // The document in YAML would be made in the first request for it, while all others wait.
      onRequest: async ({ url }, reply) => {
        reply.header("referrer-policy", "no-referrer");
        if (/^\/docs\/yaml\b/.test(url)) throw new ProblemError("not-found");
        // The library would make it a text anew each time.
        if (/^\/docs\/json\b/.test(url)) return show(reply);
      },
    },
  });
  app.get("/openapi.json", { schema: { hide: true } }, async (_request, reply) => show(reply));
  // Made before anybody asks, for the same reason.
  app.addHook("onReady", async () => {
    text = JSON.stringify(app.swagger());
  });
}

/** A route's schema with what follows from the rest of it. */
function described(schema: RouteOptions["schema"], route: RouteOptions): object {
  if (schema === undefined || schema.hide === true) return { ...schema, hide: true };
  const scope = route.config?.scope;
  const problems = problemResponses(declaredProblems({ ...route, config: route.config ?? {} }));
  return {
    ...schema,
    tags: [tagOf(route.url)],
    security: scope === undefined ? [] : [{ key: [scope] }],
    response: { ...(schema.response as object | undefined), ...problems },
  };
}

/** What is under which tag; the first that a path fits. */
const tagged: readonly (readonly [RegExp, string])[] = [
  [/^\/(livez|readyz|metrics|problems|v1\/operate)/, "Operation"],
  [/^\/(?!v1\/)/, "The origin’s calls"],
  [/^\/v1\/(session|events)/, "Page"],
  [/\/films\//, "Films"],
  [/webhooks|deliver/, "Webhooks"],
  [/models/, "Models"],
];

function tagOf(url: string): string {
  return tagged.find(([paths]) => paths.test(url))?.[1] ?? "Analyses";
}

/** @param bodiless operations that take a body and need none */
function finished({ components, ...document }: Document, bodiless: ReadonlySet<string>): object {
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) {
      const body = method === "post" ? requestBodies[path as keyof typeof requestBodies] : undefined;
      if (body !== undefined) operation.requestBody = plain(body) as object;
      const { requestBody } = operation;
      if (requestBody !== undefined && bodiless.has(operation.operationId ?? ""))
        requestBody.required = false;
      const limited = operation.security?.some(({ key }) => !key.includes("admin")) === true;
      for (const [status, response] of Object.entries(operation.responses)) {
        if (response.description === "Default Response") response.description = operation.summary ?? "Done";
        response.headers = headersOf(operation.operationId ?? "", status, limited);
      }
    }
  }
  const whole = { ...document, webhooks: plain(sentWebhooks) } as unknown as Json;
  const rest = referring(whole) as unknown as Document;
  const responses = sharedResponses(rest);
  return { ...rest, components: { ...components, responses, headers, schemas: componentSchemas() } };
}

/** Takes refusals that several calls share out of them, and returns them by the names that now stand there. */
function sharedResponses({ paths = {} }: Document): Record<string, object> {
  const all = Object.values(paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ responses }) => Object.keys(responses).map((status) => ({ responses, status })))
    .filter(({ status }) => Number(status) >= 400);
  const texts = all.map(({ responses, status }) => JSON.stringify(responses[status]));
  const names = new Map<string, string>();
  const shared: Record<string, object> = {};
  for (const [at, { responses, status }] of all.entries()) {
    const text = texts[at] ?? "";
    if (texts.indexOf(text) === texts.lastIndexOf(text)) continue;
    const alike = [...names.values()].filter((each) => each.startsWith(`Problem${status}`)).length;
    const name = names.get(text) ?? `Problem${status}${alike === 0 ? "" : `-${alike + 1}`}`;
    names.set(text, name);
    shared[name] = JSON.parse(text) as object;
    responses[status] = { $ref: `#/components/responses/${name}` } as object;
  }
  return shared;
}
