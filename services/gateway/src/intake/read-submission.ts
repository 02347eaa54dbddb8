import type { Readable } from "node:stream";
import { bones, Priority, ProblemError } from "@osteon/shared";
import { type Static, Type } from "@osteon/shared/libraries/typebox";
import type { FastifyRequest } from "fastify";
import { faultsOf } from "../plugins/validation.js";
import { strict } from "../routes/schemas.js";
import { declaresBody } from "./continue.js";
import type { SubmissionFields } from "./fields.js";
import type { Intake } from "./intake.js";
import { readMultipart } from "./read-multipart.js";

/** A submission of films that were uploaded before. */
export const SubmissionOfUploads = Type.Object(
  {
    uploads: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 16, uniqueItems: true }),
    reference: Type.Optional(Type.String({ maxLength: 200 })),
    callbackUrl: Type.Optional(Type.String({ maxLength: 2048 })),
    regionHint: Type.Optional(Type.Enum([...bones])),
    priority: Type.Optional(Priority),
  },
  strict,
);

/** Takes in the films of a submission, whatever form it has, and returns what else it says. @throws ProblemError */
export async function readSubmission(request: FastifyRequest, intake: Intake): Promise<SubmissionFields> {
  const declared = Number(request.headers["content-length"] ?? 0);
  if (request.isMultipart()) {
    intake.announceForm(declared);
    return readMultipart(request, intake);
  }
  const { body } = request;
  if (body === undefined || !declaresBody(request.raw)) throw new ProblemError("body-empty");
  if (isStream(body)) {
    intake.announce(declared);
    await takeRaw(body, intake);
    return {};
  }
  const { uploads, ...fields } = checked(body);
  for (const id of uploads) await intake.takeUpload(id);
  return fields;
}

async function takeRaw(body: Readable, intake: Intake): Promise<void> {
  try {
    // Left open where the film is refused: a client that is cut off while it sends never sees the answer.
    const film = await intake.take(body.iterator({ destroyOnReturn: false }));
    if (film.bytes === 0) throw new ProblemError("body-empty");
  } catch (error) {
    if (error instanceof ProblemError || !body.destroyed) throw error;
    throw new ProblemError("bad-request", "The body ended before its time.", { cause: error });
  }
}

function checked(body: unknown): Static<typeof SubmissionOfUploads> {
  const errors = faultsOf(SubmissionOfUploads, body);
  if (errors.length > 0) throw new ProblemError("validation-failed", undefined, { errors });
  return body as Static<typeof SubmissionOfUploads>;
}

function isStream(body: unknown): body is Readable {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}
