import { type Analysis, isEnded, ProblemError } from "@osteon/shared";
import { Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";
import { extensionOf } from "../intake/film-name.js";
import { readMultipart } from "../intake/read-multipart.js";
import { filmProblems, submissionProblems } from "../openapi/declared-problems.js";
import { hold } from "../streams/hold.js";
import { analysisRef } from "./analysis-ref.js";

const waitSeconds = 30;
const unknown = "Not identified";
/** The body parts that the origin's clients know. */
const boneTypes = new Map([
  ["elbow", "Elbow"],
  ["hand", "Hand"],
  ["shoulder", "Shoulder"],
]);

const Uploaded = Type.Object({ filename: Type.String() });
const Prediction = Type.Object({ bone_type: Type.String(), result: Type.String() });

/** `POST /upload` of the student project that Osteon follows, in its shapes, for its clients. */
export async function originUpload(app: App, { submission }: Dependencies): Promise<void> {
  app.route({
    method: "POST",
    url: "/upload",
    schema: {
      operationId: "originUpload",
      summary: "Upload a film (any file field)",
      consumes: ["multipart/form-data"],
      response: { 200: Uploaded },
    },
    config: {
      scope: "submit",
      budget: "submissions",
      problems: submissionProblems,
    },
    handler: async (request) => {
      if (!request.isMultipart()) throw new ProblemError("film-missing");
      const { analysis } = await submission.submit(request, (intake) =>
        readMultipart(request, intake, { anyFields: true }),
      );
      return { filename: `${analysis.id}.${extensionOf(analysis.films[0]?.contentType ?? "")}` };
    },
  });
}

/** `POST /predict` of that project. */
export async function originPredict(app: App, dependencies: Dependencies): Promise<void> {
  app.route({
    method: "POST",
    url: "/predict",
    schema: {
      operationId: "originPredict",
      summary: "The answer for an uploaded film",
      body: Uploaded,
      response: { 200: Prediction },
    },
    config: {
      scope: "read",
      problems: [
        ...filmProblems,
        "analysis-not-found",
        "analysis-cancelled",
        "processing-failed",
        "answer-not-ready",
      ],
    },
    handler: async (request, reply) => {
      const id = request.body.filename.toLowerCase().split(".")[0] ?? "";
      const ref = analysisRef({ tenant: request.tenant, params: { id } });
      const analysis = await hold(dependencies, ref, waitSeconds, reply);
      if (analysis === undefined) throw new ProblemError("analysis-not-found");
      return predictionOf(analysis);
    },
  });
}

/** @throws ProblemError where there is no answer: not yet, or for good */
export function predictionOf(analysis: Analysis): { bone_type: string; result: string } {
  const { status } = analysis;
  if (!isEnded(status)) throw new ProblemError("answer-not-ready", undefined, { retryAfter: 1 });
  if (status === "cancelled") throw new ProblemError("analysis-cancelled");
  if (status === "failed") throw failureOf(analysis.error);
  const bone = boneTypes.get(analysis.bodyPart?.label ?? "");
  if (analysis.fracture === undefined || bone === undefined) return { bone_type: unknown, result: unknown };
  return { bone_type: bone, result: analysis.fracture.label };
}

/** What is the film's fault is told as where it is refused; what is ours, as such. */
function failureOf(error: Analysis["error"]): ProblemError {
  const code = filmProblems.find((each) => each === error?.code);
  if (code !== undefined) return new ProblemError(code, error?.detail);
  return new ProblemError("processing-failed", "The film could not be analysed.");
}
