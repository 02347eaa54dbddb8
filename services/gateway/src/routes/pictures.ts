import { heatmapOverlay } from "@osteon/imaging";
import { isAnalysisId, type KeptHeatmap, ProblemError } from "@osteon/shared";
import type { App, Dependencies } from "../app.js";
import { Bytes, FilmParams, problemResponses } from "./schemas.js";

/** A film's pictures never change. */
const caching = "private, max-age=3600, immutable";

/** A film's pictures: as normalised, its heat map, and the bytes as they came. */
export async function pictures(app: App, { backbone }: Dependencies): Promise<void> {
  const { ledger } = backbone.analyses;

  const find = async (tenant: string, id: string, film: number) => {
    const request = isAnalysisId(id) ? await ledger.request({ tenant, id }) : undefined;
    const accepted = request?.films[film];
    if (request === undefined || accepted === undefined) throw new ProblemError("analysis-not-found");
    return { ref: request, accepted };
  };

  app.route({
    method: "GET",
    url: "/v1/analyses/:id/films/:film/image.png",
    schema: {
      summary: "The film as the models read it",
      params: FilmParams,
      produces: ["image/png"],
      response: { 200: Bytes, ...problemResponses },
    },
    config: { scope: "read" },
    handler: async ({ params, tenant }, reply) => {
      const { ref } = await find(tenant, params.id, params.film);
      const png = await ledger.image(ref, params.film);
      if (png === undefined) throw new ProblemError("image-not-ready");
      return reply.type("image/png").header("cache-control", caching).send(png);
    },
  });

  app.route({
    method: "GET",
    url: "/v1/analyses/:id/films/:film/heatmap.png",
    schema: {
      summary: "The heat map, to lay over image.png",
      params: FilmParams,
      produces: ["image/png"],
      response: { 200: Bytes, ...problemResponses },
    },
    config: { scope: "read" },
    handler: async ({ params, tenant }, reply) => {
      const { ref } = await find(tenant, params.id, params.film);
      const [heatmap, analysis] = await Promise.all([
        ledger.heatmap(ref, params.film),
        backbone.analyses.get(ref),
      ]);
      const { width, height } = analysis?.films[params.film] ?? {};
      if (heatmap === undefined || width === undefined || height === undefined) {
        throw new ProblemError("image-not-ready");
      }
      const png = await heatmapOverlay(unpack(heatmap), heatmap.placement, { width, height });
      return reply.type("image/png").header("cache-control", caching).send(png);
    },
  });

  app.route({
    method: "GET",
    url: "/v1/analyses/:id/films/:film/original",
    schema: {
      summary: "The film’s bytes as they came",
      params: FilmParams,
      response: { 200: Bytes, ...problemResponses },
    },
    config: { scope: "read" },
    handler: async ({ params, tenant }, reply) => {
      const { ref, accepted } = await find(tenant, params.id, params.film);
      const bytes = await ledger.original(ref, params.film);
      if (bytes === undefined) throw new ProblemError("film-lost");
      return reply
        .type(accepted.contentType)
        .header("content-disposition", "attachment")
        .header("cache-control", caching)
        .send(bytes);
    },
  });
}

function unpack({ width, height, levels }: KeptHeatmap): {
  width: number;
  height: number;
  data: Float32Array;
} {
  return { width, height, data: Float32Array.from(Buffer.from(levels, "base64"), (level) => level / 255) };
}
