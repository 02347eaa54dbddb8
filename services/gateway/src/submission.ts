import { type Analysis, type AnalysisRequest, schemaVersion } from "@osteon/shared";
import { v7 as uuidv7 } from "uuid";
import type { Dependencies } from "./app.js";
import { fingerprintOf, Idempotency } from "./idempotency.js";
import { checkFields, checkFilms } from "./uploads/check-upload.js";
import type { Upload } from "./uploads/upload.js";

export interface Submitted {
  analysis: Analysis;
  /** The answer is an earlier request's. */
  replayed: boolean;
}

/** From a checked upload to a promise, once per Idempotency-Key. */
export class Submission {
  readonly #dependencies: Omit<Dependencies, "submission">;
  readonly #idempotency: Idempotency;

  constructor(dependencies: Omit<Dependencies, "submission">) {
    this.#dependencies = dependencies;
    this.#idempotency = new Idempotency(dependencies.backbone.redis);
  }

  /** @throws ProblemError naming the rule that the upload breaks, or what is not available. */
  async submit(tenant: string, upload: Upload, key?: string): Promise<Submitted> {
    const { config, policy, backbone, admission } = this.#dependencies;
    const fields = checkFields(upload.fields, config, policy);
    const films = await checkFilms(upload, config);
    const claim =
      key === undefined
        ? undefined
        : await this.#idempotency.claim(tenant, key, fingerprintOf(films, fields));
    if (claim !== undefined && "id" in claim) {
      const analysis = await backbone.analyses.get({ tenant, id: claim.id });
      if (analysis !== undefined) return { analysis, replayed: true };
    }
    const request: AnalysisRequest = {
      v: schemaVersion,
      id: uuidv7(),
      tenant,
      createdAt: new Date().toISOString(),
      ...fields,
      films,
    };
    const claimed = claim !== undefined && "settle" in claim ? claim : undefined;
    try {
      admission.check(films.length);
      const analysis = await backbone.analyses.accept(
        request,
        upload.films.map((film) => film.bytes),
      );
      admission.accepted(films.length);
      await claimed?.settle(request.id);
      return { analysis, replayed: false };
    } catch (error) {
      await claimed?.release();
      throw error;
    }
  }
}
