import type { FieldError } from "@osteon/shared";
import { Ajv, type ErrorObject, type Options } from "ajv";
import formats from "ajv-formats";
import type { FastifySchemaValidationError } from "fastify";
import type { App } from "../app.js";

const common: Options = { useDefaults: true, removeAdditional: false, allErrors: true, strict: false };

const [body, parameters] = [new Ajv(common), new Ajv({ ...common, coerceTypes: true })];
for (const each of [body, parameters]) formats.default(each);

/** What a route of the contract without parameters takes. */
const noQuery = { type: "object", properties: {}, additionalProperties: false } as const;

/**
 * Requests against their schemas. A body is taken as it is written; parameters are text, and become what the schema says. A
 * parameter or property that nobody knows is refused: a misspelt filter must not be a list of everything.
 */
export function validation(app: App): void {
  app.setValidatorCompiler(({ schema, httpPart }) =>
    (httpPart === "body" ? body : parameters).compile(schema as object),
  );
  app.addHook("onRoute", (route) => {
    if (!route.url.startsWith("/v1/")) return;
    route.schema = { querystring: noQuery, ...route.schema };
  });
}

/** What is wrong with a body that is read apart from its route; nothing where it fits. */
export function faultsOf(schema: object, value: unknown): FieldError[] {
  const validate = body.compile(schema);
  return validate(value) ? [] : (validate.errors ?? []).map((fault) => fieldErrorOf(fault, "body"));
}

/** Where a value broke its schema: a JSON pointer into the body, or the name of a parameter. */
export function fieldErrorOf(
  fault: FastifySchemaValidationError | ErrorObject,
  part: string | undefined,
): FieldError {
  const { params, instancePath } = fault;
  const name = params.additionalProperty ?? params.missingProperty;
  const pointer =
    typeof name === "string"
      ? `${instancePath}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`
      : instancePath;
  const allowed = (fault as Partial<ErrorObject>).params?.allowedValues;
  const detail =
    params.additionalProperty !== undefined
      ? "is not known here"
      : params.missingProperty !== undefined
        ? "is missing"
        : Array.isArray(allowed)
          ? `must be one of ${allowed.join(", ")}`
          : (fault.message ?? "does not match");
  return { detail, pointer: part === "body" ? pointer : pointer.slice(1) };
}
