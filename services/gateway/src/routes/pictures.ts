import { heatmapOverlay, packFilm, thumbnail } from "@osteon/imaging";
import {
  type AcceptedFilm,
  type Analysis,
  type AnalysisRef,
  heatOf,
  isEnded,
  ProblemError,
} from "@osteon/shared";
import { type Static, Type } from "@osteon/shared/libraries/typebox";
import { tagOf } from "../answers/etag.js";
import { sendBytes } from "../answers/send-bytes.js";
import { Turns } from "../answers/turns.js";
import { mostUnread, UnreadAnswers } from "../answers/unread-answers.js";
import type { App, Dependencies } from "../app.js";
import { extensionOf } from "../intake/film-name.js";
import { MemoryBudget, shareOfTenant } from "../intake/memory-budget.js";
import { analysisRef } from "./analysis-ref.js";
import { Bytes, FilmParams } from "./schemas.js";

const binary = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: Bytes } },
});
const notChanged = { 304: Type.Null({ description: "Not changed." }) };
const ConditionalHeaders = Type.Object({ "if-none-match": Type.Optional(Type.String()) });

/** Drawn at once of each: a list asks for dozens of thumbnails, and drawing shares its threads with the store's files. */
const drawnAtOnce = 2;
/** What a film's picture or heat map takes at most while it is made and sent: a million samples, and what they are packed to. */
const pictureBytes = 2 * 1024 * 1024;

/** A film's pictures: as normalised, also small, its heat map, and the bytes as they came. */
export async function pictures(app: App, { backbone, config }: Dependencies): Promise<void> {
  const { ledger } = backbone.analyses;
  // Apart: a film that is opened waits for no list.
  const [thumbnails, drawing] = [new Turns(drawnAtOnce), new Turns(drawnAtOnce)];
  const unread = new UnreadAnswers(new MemoryBudget(mostUnread, shareOfTenant(config)));

  const find = async ({ tenant, params }: { tenant: string; params: Static<typeof FilmParams> }) => {
    const request = await ledger.request(analysisRef({ tenant, params }));
    if (request === undefined) throw new ProblemError("analysis-not-found");
    const accepted = request.films[params.film];
    if (accepted === undefined)
      throw new ProblemError("not-found", `The analysis has no film ${params.film}.`);
    return { ref: request, accepted };
  };
  const hasEnded = (analysis: Analysis | undefined) => analysis !== undefined && isEnded(analysis.status);
  /** Of a film that ended without a picture, as a damaged one, none is to come. It may have come since it was looked for. */
  const withoutImage = async (ref: AnalysisRef, film: number) =>
    hasEnded(await backbone.analyses.get(ref)) && !(await ledger.hasImage(ref, film))
      ? new ProblemError("not-found", "The film ended without a picture.")
      : new ProblemError("image-not-ready");

  app.route({
    method: "GET",
    url: "/v1/analyses/:id/films/:film/image.png",
    schema: {
      operationId: "getFilmImage",
      summary: "The film as the models read it",
      params: FilmParams,
      headers: ConditionalHeaders,
      response: { 200: binary("image/png", "PNG, grey."), ...notChanged },
    },
    config: {
      scope: "read",
      problems: ["analysis-not-found", "not-found", "image-not-ready", "film-altered", "answers-unread"],
    },
    handler: async (request, reply) => {
      const { params, tenant } = request;
      const { ref } = await find(request);
      await unread.room(request, reply, pictureBytes);
      const kept = await ledger.image(ref, params.film);
      if (kept === undefined) throw await withoutImage(ref, params.film);
      const bytes = await drawing.run(tenant, reply, () => packFilm(kept));
      return sendBytes(request, reply, { bytes, type: "image/png", tag: tagOf(bytes) });
    },
  });

  app.route({
    method: "GET",
    url: "/v1/analyses/:id/films/:film/thumbnail.jpg",
    schema: {
      operationId: "getFilmThumbnail",
      summary: "The film as a small picture, for lists",
      params: FilmParams,
      headers: ConditionalHeaders,
      response: {
        200: binary("image/jpeg", "JPEG, grey, the longest side 192 pixels at most."),
        ...notChanged,
      },
    },
    config: {
      scope: "read",
      problems: ["analysis-not-found", "not-found", "image-not-ready", "film-altered"],
    },
    handler: async (request, reply) => {
      const { params, tenant } = request;
      const { ref, accepted } = await find(request);
      const requireThere = async () => {
        if (!(await ledger.hasImage(ref, params.film))) throw await withoutImage(ref, params.film);
      };
      const bytes = () =>
        thumbnails.run(tenant, reply, async () => {
          const kept = await ledger.image(ref, params.film);
          if (kept === undefined) throw await withoutImage(ref, params.film);
          return thumbnail(kept);
        });
      // Named by what it is made of, so that who has it costs no drawing; the number changes with the drawing.
      const tag = tagOf(`1 ${accepted.digest}`);
      return sendBytes(request, reply, { bytes, requireThere, type: "image/jpeg", tag });
    },
  });

  app.route({
    method: "GET",
    url: "/v1/analyses/:id/films/:film/heatmap.png",
    schema: {
      operationId: "getFilmHeatmap",
      summary: "The heat map, to lay over image.png",
      params: FilmParams,
      headers: ConditionalHeaders,
      response: {
        200: binary("image/png", "PNG, grey with transparency, of the size of image.png."),
        ...notChanged,
      },
    },
    config: {
      scope: "read",
      problems: ["analysis-not-found", "not-found", "image-not-ready", "no-heatmap", "answers-unread"],
    },
    handler: async (request, reply) => {
      const { params, tenant } = request;
      const { ref } = await find(request);
      await unread.room(request, reply, pictureBytes);
      // First: a heat map is there before its film's finding is. What shows none may have one that came late, or that an exam
      // is being read again for.
      const analysis = await backbone.analyses.get(ref);
      const film = analysis?.films[params.film];
      const shown = film?.outcome === "analysed" ? await ledger.results.heatmap(ref, params.film) : undefined;
      // A film that failed, or was cancelled before its end, has no outcome, and will have none.
      const over = film?.outcome !== undefined || hasEnded(analysis);
      if (shown === undefined) throw new ProblemError(over ? "no-heatmap" : "image-not-ready");
      const { width, height } = shown.image ?? film ?? {};
      if (width === undefined || height === undefined) throw new ProblemError("image-not-ready");
      const bytes = await drawing.run(tenant, reply, () =>
        heatmapOverlay(heatOf(shown), shown.placement, { width, height }),
      );
      return sendBytes(request, reply, { bytes, type: "image/png", tag: tagOf(bytes) });
    },
  });

  app.route({
    method: "GET",
    url: "/v1/analyses/:id/films/:film/original",
    schema: {
      operationId: "getFilmOriginal",
      summary: "The film’s bytes as they came",
      params: FilmParams,
      headers: Type.Object({
        ...ConditionalHeaders.properties,
        range: Type.Optional(Type.String({ description: "Part of the bytes: one range of `bytes`." })),
        "if-range": Type.Optional(Type.String()),
      }),
      response: {
        200: binary("*/*", "All bytes, of the type that the film is."),
        206: binary("*/*", "The bytes of the range."),
        ...notChanged,
      },
    },
    config: {
      scope: "read",
      problems: [
        "analysis-not-found",
        "not-found",
        "film-lost",
        "film-altered",
        "range-not-satisfiable",
        "answers-unread",
      ],
    },
    handler: async (request, reply) => {
      const { ref, accepted } = await find(request);
      await unread.room(request, reply, accepted.bytes);
      const bytes = await ledger.writtenOriginal(ref, accepted);
      reply.header("content-disposition", `attachment; filename="${fileName(ref.id, accepted)}"`);
      const { contentType: type, digest } = accepted;
      return sendBytes(request, reply, { bytes, type, tag: digest.slice("sha256:".length), ranges: true });
    },
  });
}

/** A name that this server makes: the sender's may be of any characters, and of a person. */
function fileName(id: string, { index, contentType }: AcceptedFilm): string {
  return `${id}-${index}.${extensionOf(contentType)}`;
}
