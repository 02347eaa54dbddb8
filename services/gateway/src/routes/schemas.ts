import { Problem } from "@osteon/shared";
import { Type } from "typebox";

export const IdParams = Type.Object({ id: Type.String({ maxLength: 64 }) });
export const FilmParams = Type.Object({
  id: Type.String({ maxLength: 64 }),
  film: Type.Integer({ minimum: 0, maximum: 15 }),
});

/** The problems that a route may answer, for its OpenAPI entry. */
const problem = {
  description: "A coded problem that names the rule",
  content: { "application/problem+json": { schema: Problem } },
} as const;
export const problemResponses = { "4xx": problem, "5xx": problem } as const;

/** A body of bytes. */
export const Bytes = Type.Unsafe<Buffer>({ type: "string", format: "binary" });
