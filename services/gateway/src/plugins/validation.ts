import type { FieldError } from "@osteon/shared";
import type { ErrorObject, Options } from "ajv";
import type { FastifySchemaValidationError } from "fastify";
import type { App } from "../app.js";
import { Ajv, formats } from "../libraries/fastify.js";

const common: Options = { useDefaults: true, removeAdditional: false, allErrors: true, strict: false };

const isDateTime = formats.default(new Ajv(common)).compile({ type: "string", format: "date-time" });
const ajv = formats.default(new Ajv(common));
// An offset without minutes and a leap second are dates too, but nobody here can read them: a filter by one would be none.
ajv.addFormat("date-time", (text: string) => isDateTime(text) && !Number.isNaN(Date.parse(text)));

/** What a route of the contract without parameters takes. */
const noQuery = { type: "object", properties: {}, additionalProperties: false } as const;

/** As JSON writes them, and not all that JavaScript takes for one: a film 0x0 is no film. */
const number = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Requests against their schemas. A body is taken as it is written; parameters are text, and become what the schema says. A
 * parameter or property that nobody knows is refused: a misspelt filter must not be a list of everything.
 */
export function validation(app: App): void {
  app.setValidatorCompiler(({ schema, httpPart }) => {
    const validate = ajv.compile(schema as object);
    if (httpPart === "body") return validate;
    const numbers = numbersOf(schema as ParametersSchema);
    return (values: Record<string, unknown>) => {
      for (const name of numbers) {
        const value = values[name];
        if (typeof value === "string" && number.test(value)) values[name] = Number(value);
      }
      return validate(values) ? { value: values } : { error: validate.errors ?? [] };
    };
  });
  // A UUID is the same in either case; what it names here is in the lower one.
  app.addHook("preValidation", async (request) => {
    const params = request.params as Record<string, string>;
    for (const [name, value] of Object.entries(params))
      if (uuid.test(value)) params[name] = value.toLowerCase();
  });
  app.addHook("onRoute", (route) => {
    if (!route.url.startsWith("/v1/")) return;
    route.schema = { querystring: noQuery, ...route.schema };
  });
}

interface ParametersSchema {
  properties?: Record<string, { type?: string }>;
}

/** The parameters that are numbers. */
function numbersOf({ properties = {} }: ParametersSchema): string[] {
  return Object.entries(properties).flatMap(([name, { type }]) =>
    type === "integer" || type === "number" ? [name] : [],
  );
}

/** Of a body of nothing but faults ten thousand would be told. */
const mostTold = 20;

/** What is wrong with a body that is read apart from its route; nothing where it fits. */
export function faultsOf(schema: object, value: unknown): FieldError[] {
  const validate = ajv.compile(schema);
  return validate(value) ? [] : fieldErrorsOf(validate.errors ?? [], "body");
}

/** What is told of faults: the first. */
export function fieldErrorsOf(
  faults: readonly (FastifySchemaValidationError | ErrorObject)[],
  part: string | undefined,
): FieldError[] {
  return faults.slice(0, mostTold).map((fault) => fieldErrorOf(fault, part));
}

/** Where a value broke its schema: a JSON pointer into the body, or the name of a parameter. */
function fieldErrorOf(
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
