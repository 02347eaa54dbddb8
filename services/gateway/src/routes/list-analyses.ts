import { type Analyses, Analysis, AnalysisStatus, isEnded, isUuidV7, ProblemError } from "@osteon/shared";
import { type Static, Type } from "@osteon/shared/libraries/typebox";
import type { App, Dependencies } from "../app.js";
import { Limit, strict, usualLimit } from "./schemas.js";

const Query = Type.Object(
  {
    limit: Limit,
    cursor: Type.Optional(Type.String({ maxLength: 64 })),
    status: Type.Optional(AnalysisStatus),
    reference: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  },
  strict,
);

const Page = Type.Object({
  data: Type.Array(Analysis),
  nextCursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});

/** Most analyses that one request looks at; a page of a rare status may end early, with a cursor to go on. */
const mostLooked = 500;
/** Read at once where there is a filter: how many of them it lets through is not known. */
const filteredAtOnce = 50;

/**
 * What a list goes on without: an analysis whose record is damaged does not take the others away. Nor does one that only Redis
 * can tell the state of, where Redis is away and those that have ended are asked for: it has not.
 */
function passedOver(error: unknown, status: AnalysisStatus | undefined): undefined {
  const code = error instanceof ProblemError ? error.code : undefined;
  const unended = code === "queue-unavailable" && status !== undefined && isEnded(status);
  if (code !== "record-damaged" && !unended) throw error;
}

function page(data: Analysis[], nextCursor: string | undefined): Static<typeof Page> {
  return { data, ...(nextCursor === undefined ? {} : { nextCursor }) };
}

/** `GET /v1/analyses`: newest first, filtered, page by page. */
export async function listAnalyses(app: App, { backbone, turns }: Dependencies): Promise<void> {
  const { analyses } = backbone;
  app.route({
    method: "GET",
    url: "/v1/analyses",
    schema: {
      operationId: "listAnalyses",
      summary: "Analyses, newest first",
      querystring: Query,
      response: { 200: Page },
    },
    config: { scope: "read", problems: ["cursor-invalid"] },
    handler: (request, reply): Promise<Static<typeof Page>> =>
      turns.run(request.tenant, reply, () => listed(analyses, request.tenant, request.query)),
  });
}

async function listed(
  analyses: Analyses,
  tenant: string,
  { limit = usualLimit, cursor, status, reference }: Static<typeof Query>,
): Promise<Static<typeof Page>> {
  if (cursor !== undefined && !isUuidV7(cursor)) throw new ProblemError("cursor-invalid");
  const filtered = status !== undefined || reference !== undefined;
  const data: Analysis[] = [];
  let after = cursor;
  for (let looked = 0; looked < mostLooked; ) {
    // The first step as without a filter: often it is enough. The second lists all that is left to look at, since each list
    // costs a store of files a pass over the whole folder.
    const further = filtered && looked > 0;
    const wanted = further ? mostLooked - looked : limit - data.length + 1;
    const ids = await analyses.ledger.list(tenant, wanted, after);
    const atOnce = further ? filteredAtOnce : wanted;
    for (let start = 0; start < ids.length; start += atOnce) {
      const found = await Promise.all(
        ids
          .slice(start, start + atOnce)
          .map((id) => analyses.get({ tenant, id }).catch((error) => passedOver(error, status))),
      );
      for (const analysis of found) {
        if (analysis === undefined || (status !== undefined && analysis.status !== status)) continue;
        if (reference !== undefined && analysis.reference !== reference) continue;
        if (data.length === limit) return page(data, data.at(-1)?.id);
        data.push(analysis);
      }
    }
    looked += ids.length;
    after = ids.at(-1) ?? after;
    if (ids.length < wanted) return { data };
  }
  return page(data, after);
}
