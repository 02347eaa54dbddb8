import {
  type AcceptedFilm,
  type Analysis,
  type AnalysisRequest,
  type Backbone,
  eraseAnyway,
  type KeyRecord,
  ProblemError,
  plainVersion,
  RedisLock,
  type UsedKey,
} from "@osteon/shared";
import type { Admission } from "../admission.js";
import type { Parts } from "../app.js";
import { pLimit } from "../libraries/fastify.js";
import { requireScope } from "../plugins/auth.js";
import { type CheckedFields, checkFields, checkFilms } from "./check-submission.js";
import type { SubmissionFields } from "./fields.js";
import { fingerprintOf, Idempotency } from "./idempotency.js";
import { Intake } from "./intake.js";
import { MemoryBudget, shareOfTenant } from "./memory-budget.js";

/** Large films that a gateway has in memory at once. */
const mostHeavy = 2;
/** Small ones that it has again. */
const mostLight = 8;
/** Ones held since they came that it looks into: a made-up TIFF of a megabyte takes fifty. As many as there are threads for it. */
const mostInHand = 4;
/** Bytes of small films in memory, of all requests: a quarter of what the deployments give a gateway. What is more goes to the store at once. */
const mostHeldOfAll = 256 * 1024 * 1024;

export interface Submitter {
  tenant: string;
  key: KeyRecord | null;
}

export interface Submitted {
  analysis: Analysis;
  /** The answer is an earlier request's. */
  replayed: boolean;
}

/** What an acceptance under a key needs beside its films. */
interface AcceptanceOptions {
  /** The films, where they were looked into already. */
  checked?: AcceptedFilm[] | undefined;
  /** Told when nothing but a fault stands in its way any more. */
  admitted?: () => void;
  /** As `Analyses.accept` takes it. */
  mayTakeBack?: (exists: boolean) => Promise<boolean>;
}

interface SubmissionParts extends Pick<Parts, "config" | "policy"> {
  backbone: Pick<Backbone, "analyses" | "redis">;
  admission: Pick<Admission, "check" | "requireQueue" | "accepted">;
}

/** From a request's body to a promise, once per Idempotency-Key. What is refused leaves nothing behind. */
export class Submission {
  readonly #dependencies: SubmissionParts;
  readonly #idempotency: Idempotency;
  readonly #lock: RedisLock;
  readonly #heavy = pLimit(mostHeavy);
  readonly #light = pLimit(mostLight);
  readonly #inHand = pLimit(mostInHand);
  readonly #memory: MemoryBudget;

  constructor(
    dependencies: SubmissionParts,
    memory = new MemoryBudget(mostHeldOfAll, shareOfTenant(dependencies.config)),
  ) {
    this.#dependencies = dependencies;
    this.#memory = memory;
    const { redis, analyses } = dependencies.backbone;
    this.#idempotency = new Idempotency(redis, analyses.ledger.idempotency);
    this.#lock = new RedisLock(redis);
  }

  /**
   * @param read takes the films in, and returns what else the body says
   * @throws ProblemError naming the rule that the submission breaks, or what is not available.
   */
  async submit(
    { tenant, key }: Submitter,
    read: (intake: Intake) => Promise<SubmissionFields>,
    idempotencyKey?: string,
  ): Promise<Submitted> {
    const { config, policy, backbone, admission } = this.#dependencies;
    // Before the body is read; a repeat must come to its answer even where there is no room, but Redis knows of it.
    admission.requireQueue();
    if (idempotencyKey === undefined) admission.check(tenant, 1);
    const intake = new Intake({
      ledger: backbone.analyses.ledger,
      config,
      tenant,
      heavy: this.#heavy,
      light: this.#light,
      inHand: this.#inHand,
      memory: this.#memory,
    });
    try {
      const fields = checkFields(await read(intake), config, policy);
      if (fields.priority === "urgent") requireScope(key, "urgent");
      const submitted =
        idempotencyKey === undefined
          ? { analysis: await this.#accept(intake, fields), replayed: false }
          : await this.#once(idempotencyKey, intake, fields);
      if (submitted.replayed) await intake.discard();
      return submitted;
    } catch (error) {
      await intake.discard(error);
      throw error;
    } finally {
      intake.close();
    }
  }

  async #once(idempotencyKey: string, intake: Intake, fields: CheckedFields): Promise<Submitted> {
    const { analyses } = this.#dependencies.backbone;
    const { commitments } = analyses.ledger;
    // Only what could be accepted may take a key; but a repeat may name uploads whose films its first has taken.
    const checked = intake.films.some((film) => film.upload?.used) ? undefined : await this.#check(intake);
    const { ref } = intake;
    const { tenant, id } = ref;
    const claim = await this.#idempotency.claim(
      { tenant, key: idempotencyKey, id, fingerprint: fingerprintOf(intake.films, fields) },
      {
        promised: (found) => analyses.get({ tenant, id: found }),
        inDoubt: (found) => analyses.resolve({ tenant, id: found }),
      },
    );
    if ("status" in claim) return { analysis: claim, replayed: true };
    let stays = false;
    let kept: Promise<boolean> | undefined;
    const admitted = () => {
      kept = claim.keep();
      // It may fail before somebody comes to this.
      kept.catch(() => undefined);
    };
    const mayTakeBack = async (exists: boolean) => {
      // What cannot be decided stays, for the reconciler or a repeat. Without a request there is nothing that a repeat could find.
      stays = exists && !(await commitments.abort(id).catch(() => false));
      return !stays;
    };
    let analysis: Analysis;
    try {
      analysis = await this.#accept(
        intake,
        { ...fields, key: claim.used },
        { checked, admitted, mayTakeBack },
      );
    } catch (error) {
      if (stays) intake.keep();
      await claim.release(stays);
      throw error;
    }
    try {
      // Where another request has the key by now, since it took so long, or Redis lost it, a repeat may have promised this one.
      const stands =
        (await kept) === true
          ? (await claim.settle()) || (await analyses.resolve(ref)) !== undefined
          : !(await commitments.abort(id));
      if (stands) return { analysis, replayed: false };
    } catch (error) {
      // Nobody knows: a repeat decides, or else it ends as if it were promised.
      intake.keep();
      throw error;
    }
    // The other's own stays, and answers a repeat.
    await eraseAnyway(analyses, ref);
    throw new ProblemError("idempotency-in-flight", undefined, { retryAfter: 1 });
  }

  #check(intake: Intake): Promise<AcceptedFilm[]> {
    return checkFilms(intake, this.#dependencies.config);
  }

  async #accept(
    intake: Intake,
    fields: CheckedFields & { key?: UsedKey },
    { checked, admitted, mayTakeBack }: AcceptanceOptions = {},
  ): Promise<Analysis> {
    const { backbone, admission } = this.#dependencies;
    if (intake.films.some((film) => film.upload?.used)) throw new ProblemError("upload-used");
    const films = checked ?? (await this.#check(intake));
    const { ref } = intake;
    admission.check(ref.tenant, films.length);
    admitted?.();
    const request: AnalysisRequest = {
      v: plainVersion,
      ...ref,
      createdAt: new Date().toISOString(),
      ...fields,
      films,
    };
    return this.#withUploads(intake, async () => {
      const analysis = await backbone.analyses.accept(
        request,
        intake.films.map((film) => film.held),
        mayTakeBack,
      );
      admission.accepted(ref.tenant, films.length);
      await this.#letGo(intake);
      return analysis;
    });
  }

  /** One step at a time for each upload: who comes second is told that it is used. In an order in which no two wait for each other. */
  #withUploads<T>({ films, ref: { tenant } }: Intake, step: () => Promise<T>): Promise<T> {
    const { uploads } = this.#dependencies.backbone.analyses.ledger;
    const among = ([id, ...others]: string[]): Promise<T> =>
      id === undefined
        ? step()
        : this.#lock.run(`upload:${id}`, async () => {
            if ((await uploads.used({ tenant, id })) !== undefined) throw new ProblemError("upload-used");
            return among(others);
          });
    return among(films.flatMap(({ upload }) => upload?.id ?? []).sort());
  }

  /** The uploads that are films now. What the store would not let go of is swept. */
  async #letGo({ films, ref }: Intake): Promise<void> {
    const { uploads } = this.#dependencies.backbone.analyses.ledger;
    for (const film of films) {
      if (film.upload === undefined) continue;
      await uploads.use({ tenant: ref.tenant, id: film.upload.id }, film).catch(() => undefined);
    }
  }
}
