import { Type } from "@osteon/shared/libraries/typebox";

/** Nothing but what is named: anything else is refused. */
export const strict = { additionalProperties: false } as const;

export const IdParams = Type.Object({ id: Type.String({ maxLength: 64 }) });
export const FilmParams = Type.Object({
  id: Type.String({ maxLength: 64 }),
  film: Type.Integer({ minimum: 0, description: "The film’s index." }),
});

/** Entries of a page, unless the call says otherwise. */
export const usualLimit = 20;
export const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: usualLimit }));

/** The header of RFC 7240; preferences that are not known are passed over, as it demands. */
export const Prefer = Type.Optional(
  Type.String({ description: "`wait=SECONDS` holds the answer until an end state, 60 s at most." }),
);

/** A body of bytes. */
export const Bytes = Type.Unsafe<Buffer>({ type: "string", format: "binary" });
