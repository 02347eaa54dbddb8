import { Problem } from "@osteon/shared";
import { Type } from "typebox";

export const IdParams = Type.Object({ id: Type.String({ maxLength: 64 }) });
export const FilmParams = Type.Object({
  id: Type.String({ maxLength: 64 }),
  film: Type.Integer({ minimum: 0, maximum: 15 }),
});

/** The problems that a route may answer, for its OpenAPI entry. */
export const problemResponses = { "4xx": Problem, "5xx": Problem } as const;

/** A body of bytes. */
export const Bytes = Type.Unsafe<Buffer>({ type: "string", format: "binary" });
