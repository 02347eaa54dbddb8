import { isAnalysisId, type Picture, ProblemError } from "@osteon/shared";
import { type App, type Dependencies, defaultTenant } from "../app.js";
import { Bytes, FilmParams, problemResponses } from "./schemas.js";

/** A film's pictures: as normalised, its heat map, and the bytes as they came. They never change. */
export async function pictures(app: App, { backbone }: Dependencies): Promise<void> {
  const { analyses } = backbone;

  const request = async (id: string, film: number) => {
    const found = isAnalysisId(id) ? await analyses.ledger.request({ tenant: defaultTenant, id }) : undefined;
    const accepted = found?.films[film];
    if (found === undefined || accepted === undefined) throw new ProblemError("analysis-not-found");
    return { ref: found, accepted };
  };

  for (const picture of ["image", "heatmap"] as const satisfies Picture[]) {
    app.route({
      method: "GET",
      url: `/v1/analyses/:id/films/:film/${picture}.png`,
      schema: {
        summary:
          picture === "image" ? "The film as the models read it" : "The heat map, to lay over image.png",
        params: FilmParams,
        produces: ["image/png"],
        response: { 200: Bytes, ...problemResponses },
      },
      handler: async ({ params }, reply) => {
        const { ref } = await request(params.id, params.film);
        const png = await analyses.ledger.picture(ref, params.film, picture);
        if (png === undefined) throw new ProblemError("image-not-ready");
        return reply.type("image/png").header("cache-control", "private, max-age=3600, immutable").send(png);
      },
    });
  }

  app.route({
    method: "GET",
    url: "/v1/analyses/:id/films/:film/original",
    schema: {
      summary: "The film’s bytes as they came",
      params: FilmParams,
      response: { 200: Bytes, ...problemResponses },
    },
    handler: async ({ params }, reply) => {
      const { ref, accepted } = await request(params.id, params.film);
      const bytes = await analyses.ledger.original(ref, params.film);
      if (bytes === undefined) throw new ProblemError("film-lost");
      return reply
        .type(accepted.contentType)
        .header("content-disposition", "attachment")
        .header("cache-control", "private, max-age=3600, immutable")
        .send(bytes);
    },
  });
}
