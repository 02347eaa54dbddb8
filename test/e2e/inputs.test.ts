import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Analysis, analysisFolder, type LoadedModel, Problem } from "@osteon/shared";
import sharp from "sharp";
import { Value } from "typebox/value";
import { Client } from "../support/client.js";
import { filmBytes, testFilms } from "../support/films.js";
import { animatedWebp, pngBomb } from "../support/pictures.js";
import { startTestSystem, type TestSystem } from "../support/system.js";

let system: TestSystem;
let client: Client;
const jpeg = filmBytes(testFilms(1, "hand")[0]?.file ?? "");

before(async () => {
  system = await startTestSystem();
  client = system.client;
});
after(() => system?.stop());

async function analysed(id: string): Promise<Analysis> {
  const analysis = await client.ended(id);
  assert.ok(
    Value.Check(Analysis, analysis),
    JSON.stringify([...Value.Errors(Analysis, analysis)].slice(0, 3)),
  );
  assert.equal(analysis.status, "completed");
  return analysis;
}

describe("what is accepted", () => {
  test("multipart with one film and its fields", async () => {
    const answer = await client.submit([{ name: "a hand.jpg", bytes: jpeg }], { reference: "exam 7" });
    assert.equal(answer.status, 202);
    assert.equal(answer.headers.get("location"), `/v1/analyses/${answer.body.id}`);
    assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
    assert.ok(Value.Check(Analysis, answer.body));
    const analysis = await analysed(answer.body.id);
    assert.equal(analysis.reference, "exam 7");
    assert.equal(analysis.outcome, "analysed");
    assert.equal(analysis.bodyPart?.label, "hand");
    const [film] = analysis.films;
    assert.equal(film?.name, "a hand.jpg");
    assert.ok(["fractured", "normal"].includes(film?.fracture?.label ?? ""));
    assert.ok(Array.isArray(film?.fracture?.regions));
    const sum = Object.values(film?.bodyPart?.probabilities ?? {}).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - 1) < 1e-6);
    assert.equal(analysis.disclaimer, "Research use only. Not a medical device.");
  });

  test("multipart with four films, fields last", async () => {
    const files = testFilms(4, "elbow");
    const form = new FormData();
    for (const { file } of files) form.append("film", new Blob([Uint8Array.from(filmBytes(file))]), file);
    form.append("reference", "four");
    const answer = await client.request<Analysis>("/v1/analyses", { method: "POST", body: form });
    assert.equal(answer.status, 202);
    const analysis = await analysed(answer.body.id);
    assert.deepEqual(
      analysis.films.map((film) => film.name),
      files.map((each) => each.file),
    );
    const found = analysis.films.flatMap((film) => film.fracture ?? []);
    assert.equal(analysis.fracture?.probability, Math.max(...found.map((each) => each.probability)));
  });

  for (const type of ["jpeg", "png", "webp", "tiff"] as const) {
    test(`a raw ${type} body`, async () => {
      const bytes = type === "jpeg" ? jpeg : await sharp(jpeg).toFormat(type, { lossless: true }).toBuffer();
      const answer = await client.submitRaw(bytes, `image/${type}`);
      assert.equal(answer.status, 202);
      const analysis = await analysed(answer.body.id);
      assert.equal(analysis.films[0]?.contentType, `image/${type}`);
      assert.equal(analysis.bodyPart?.label, "hand");
    });
  }

  test("the content decides, not the type that the client names", async () => {
    const answer = await client.submitRaw(await sharp(jpeg).png().toBuffer(), "image/jpeg");
    assert.equal(answer.body.films[0]?.contentType, "image/png");
    await analysed(answer.body.id);
  });

  test("a picture that is no film ends not-identified, without a fracture answer", async () => {
    const blank = await sharp({ create: { width: 400, height: 300, channels: 3, background: "#7a9cc0" } })
      .png()
      .toBuffer();
    const analysis = await analysed((await client.submitRaw(blank, "image/png")).body.id);
    assert.equal(analysis.outcome, "not-identified");
    assert.equal(analysis.fracture, undefined);
    assert.equal(analysis.films[0]?.fracture, undefined);
  });
});

describe("what an analysis shows", () => {
  let id: string;
  before(async () => {
    id = (await client.submit([{ name: "x.jpg", bytes: jpeg }], { reference: "shown" })).body.id;
    await analysed(id);
  });

  test("image.png and heatmap.png are of one size, the heat map is transparent grey", async () => {
    const pictures = await Promise.all(
      ["image", "heatmap"].map(async (name) => {
        const answer = await fetch(`${client.url}/v1/analyses/${id}/films/0/${name}.png`);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get("content-type"), "image/png");
        return sharp(Buffer.from(await answer.arrayBuffer())).metadata();
      }),
    );
    const [image, heatmap] = pictures.map(({ width, height }) => [width, height]);
    assert.deepEqual(heatmap, image);
    assert.equal(pictures[0]?.channels, 1);
    assert.deepEqual([pictures[1]?.channels, pictures[1]?.hasAlpha], [2, true]);
  });

  test("width and height are the original's, upright, from the first answer on; pictures may be smaller", async () => {
    const large = await sharp(jpeg).rotate(-90).resize(1500, 1200, { fit: "fill" });
    const bytes = await large.withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const { body: accepted } = await client.submit([{ name: "large.jpg", bytes }]);
    const ended = await analysed(accepted.id);
    for (const { films } of [accepted, ended])
      assert.deepEqual([films[0]?.width, films[0]?.height], [1200, 1500]);
    for (const name of ["image", "heatmap"]) {
      const answer = await fetch(`${client.url}/v1/analyses/${ended.id}/films/0/${name}.png`);
      const { width, height } = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
      assert.deepEqual([width, height], [819, 1024], name);
    }
  });

  test("the original comes back byte for byte", async () => {
    const answer = await fetch(`${client.url}/v1/analyses/${id}/films/0/original`);
    assert.equal(answer.headers.get("content-type"), "image/jpeg");
    assert.deepEqual(Buffer.from(await answer.arrayBuffer()), jpeg);
  });

  test("an unchanged analysis is not sent again", async () => {
    const first = await client.get(id);
    const etag = first.headers.get("etag") ?? "";
    const again = await client.request(`/v1/analyses/${id}`, { headers: { "if-none-match": etag } });
    assert.equal(again.status, 304);
  });

  test("the list is newest first, page by page, and filters", async () => {
    const ids = [];
    for (let at = 0; at < 3; at += 1) {
      ids.unshift((await client.submit([{ name: `${at}`, bytes: jpeg }], { reference: "listed" })).body.id);
    }
    type Page = { data: Analysis[]; nextCursor?: string };
    const first = await client.request<Page>("/v1/analyses?limit=2&reference=listed");
    assert.deepEqual(
      first.body.data.map((each) => each.id),
      ids.slice(0, 2),
    );
    const second = await client.request<Page>(
      `/v1/analyses?limit=2&reference=listed&cursor=${first.body.nextCursor}`,
    );
    assert.deepEqual(
      second.body.data.map((each) => each.id),
      ids.slice(2),
    );
    assert.equal(second.body.nextCursor, undefined);
    await Promise.all(ids.map((each) => analysed(each)));
    const failed = await client.request<Page>("/v1/analyses?status=failed");
    assert.deepEqual(failed.body.data, []);
  });

  test("the events tell each state, and end with the analysis", async () => {
    let names: string[] = [];
    let rest: AsyncIterator<Uint8Array> | undefined;
    let text = "";
    const readOn = async () => {
      const { value, done } = (await rest?.next()) ?? { done: true };
      if (done !== true) text += Buffer.from(value).toString();
      names = [...text.matchAll(/^event: (\w+)$/gm)].map(([, name = ""]) => name);
      return done !== true;
    };
    // Each step is held until the one before was told: a look tells how it stands then, and not what it was meanwhile.
    await system.paused("fracture-worker", async () => {
      await system.paused("bodypart-worker", async () => {
        const { body } = await client.submit([{ name: "e.jpg", bytes: jpeg }]);
        const stream = await fetch(`${client.url}/v1/analyses/${body.id}/events`);
        assert.equal(stream.headers.get("content-type"), "text/event-stream");
        rest = stream.body?.[Symbol.asyncIterator]();
        while (!names.includes("queued")) assert.ok(await readOn());
      });
      while (!names.includes("processing")) assert.ok(await readOn());
    });
    while (await readOn());
    assert.deepEqual(
      names.filter((name, at) => name !== names[at - 1]),
      ["queued", "processing", "completed"],
    );
  });

  test("/v1/models names all six, with digest, thresholds and metrics", async () => {
    const { body } = await client.request<{ data: LoadedModel[] }>("/v1/models");
    assert.deepEqual(
      body.data.map((each) => each.name),
      ["bodypart", "fracture-elbow", "fracture-hand", "fracture-hip", "fracture-leg", "fracture-shoulder"],
    );
    for (const model of body.data) {
      assert.match(model.digest, /^sha256:[0-9a-f]{64}$/);
      assert.equal(model.thresholds !== undefined, model.name !== "bodypart");
      assert.equal(model.metrics.split, "test");
      assert.ok(Object.keys(model.metrics).length > 1, model.name);
    }
  });

  test("erasing leaves nothing, and says so only once", async () => {
    const { body } = await client.submit([{ name: "gone.jpg", bytes: jpeg }]);
    await analysed(body.id);
    const picture = `/v1/analyses/${body.id}/films/0/thumbnail.jpg`;
    const etag = (await client.request(picture)).headers.get("etag") ?? "";
    await system.settled();
    const folder = analysisFolder("default", body.id).replace(/\/$/, "");
    const traces = async () => {
      const { objects, keys } = await system.snapshot();
      return (
        [...objects, ...keys]
          .filter((name) => name.includes(body.id) || name.startsWith(folder))
          // That it was erased, by its id alone, so that a late job of it is known for what it is.
          .filter((name) => !name.includes(":erased:"))
      );
    };
    assert.ok((await traces()).length > 3, "there is something to erase");
    assert.equal((await client.request(`/v1/analyses/${body.id}`, { method: "DELETE" })).status, 204);
    assert.deepEqual(await traces(), []);
    Client.refused(await client.get(body.id), 404, "analysis-not-found");
    for (const headers of [{}, { "if-none-match": etag }]) {
      Client.refused(await client.request(picture, { headers }), 404, "analysis-not-found");
    }
    Client.refused(
      await client.request(`/v1/analyses/${body.id}`, { method: "DELETE" }),
      404,
      "analysis-not-found",
    );
  });
});

describe("what is refused", () => {
  // The markers of what has ended go a moment after its end: none may go between two looks.
  before(() => system.settled());

  const raw = (bytes: Buffer, type = "image/jpeg") => client.submitRaw(bytes, type);
  const cases: [
    string,
    number,
    string,
    () => Promise<{ status: number; headers: Headers; body: unknown }>,
  ][] = [
    ["an empty body", 400, "body-empty", () => raw(Buffer.alloc(0))],
    [
      "a text file named .jpg",
      415,
      "media-type-unsupported",
      () => client.submit([{ name: "a.jpg", bytes: Buffer.from("not a film\n".repeat(50)) }]),
    ],
    ["a truncated JPEG", 422, "film-damaged", () => raw(jpeg.subarray(0, jpeg.length >> 1))],
    [
      "a truncated PNG",
      422,
      "film-damaged",
      async () => raw((await sharp(jpeg).png().toBuffer()).subarray(0, 9000)),
    ],
    [
      "a 100×100 picture",
      422,
      "film-too-small",
      async () => raw(await sharp(jpeg).resize(100, 100).jpeg().toBuffer()),
    ],
    [
      "a 40,000×40,000 PNG bomb",
      422,
      "film-too-many-pixels",
      async () => raw(pngBomb(40_000, 40_000), "image/png"),
    ],
    ["an animated WebP", 422, "film-animated", async () => raw(await animatedWebp(), "image/webp")],
    [
      "a GIF",
      415,
      "media-type-unsupported",
      async () => raw(await sharp(jpeg).gif().toBuffer(), "image/gif"),
    ],
    [
      "DICOM",
      415,
      "dicom-unsupported",
      () =>
        raw(Buffer.concat([Buffer.alloc(128), Buffer.from("DICM"), Buffer.alloc(500)]), "application/dicom"),
    ],
    ["multipart without a film", 400, "film-missing", () => client.submit([], { reference: "none" })],
    [
      "an unknown field",
      400,
      "field-unknown",
      () => client.submit([{ name: "a", bytes: jpeg }], { patient: "x" }),
    ],
    [
      "a reference that is too long",
      400,
      "validation-failed",
      () => client.submit([{ name: "a", bytes: jpeg }], { reference: "x".repeat(201) }),
    ],
    [
      "a reference that is no UTF-8",
      400,
      "validation-failed",
      () => {
        const part = (rest: string, ...content: Buffer[]) => [
          Buffer.from(`--b\r\ncontent-disposition: form-data; ${rest}\r\n\r\n`),
          ...content,
          Buffer.from("\r\n"),
        ];
        const film = part('name="film"; filename="a"', jpeg);
        const reference = part('name="reference"', Buffer.from("Müller", "latin1"));
        const body = Buffer.concat([...film, ...reference, Buffer.from("--b--\r\n")]);
        return raw(body, "multipart/form-data; boundary=b");
      },
    ],
    [
      "an unknown region hint",
      400,
      "validation-failed",
      () => client.submit([{ name: "a", bytes: jpeg }], { regionHint: "skull" }),
    ],
    [
      "a callback into the machine",
      422,
      "callback-refused",
      () => client.submit([{ name: "a", bytes: jpeg }], { callbackUrl: "http://169.254.169.254/" }),
    ],
    [
      "17 films",
      413,
      "too-many-films",
      () => client.submit(Array.from({ length: 17 }, (_, at) => ({ name: `${at}`, bytes: jpeg }))),
    ],
    ["a body that is too large", 413, "film-too-large", () => raw(Buffer.alloc(33 * 1024 * 1024, 1))],
    [
      "one bad film among good ones",
      422,
      "film-too-small",
      async () =>
        client.submit([
          { name: "good", bytes: jpeg },
          { name: "bad", bytes: await sharp(jpeg).resize(100, 100).jpeg().toBuffer() },
        ]),
    ],
    [
      "a multipart body that ends early",
      400,
      "multipart-malformed",
      () =>
        client.request("/v1/analyses", {
          method: "POST",
          headers: { "content-type": "multipart/form-data; boundary=b" },
          body: '--b\r\nContent-Disposition: form-data; name="film"; filename="x"\r\n\r\nabc',
        }),
    ],
    [
      "a type that no film has",
      415,
      "media-type-unsupported",
      () =>
        client.request("/v1/analyses", {
          method: "POST",
          headers: { "content-type": "text/plain" },
          body: "hello",
        }),
    ],
    ["an unknown id", 404, "analysis-not-found", () => client.get("01970000-0000-7000-8000-000000000000")],
    ["an id that is none", 404, "analysis-not-found", () => client.request("/v1/analyses/..%2F..%2Fetc")],
    ["a wait that is too long", 400, "validation-failed", () => client.request("/v1/analyses/x?wait=61")],
    ["a made-up cursor", 400, "cursor-invalid", () => client.request("/v1/analyses?cursor=abc")],
    ["an unknown path", 404, "not-found", () => client.request("/v2/analyses")],
    ["an unknown method", 405, "method-not-allowed", () => client.request("/v1/analyses", { method: "PUT" })],
  ];
  for (const [name, status, code, ask] of cases) {
    test(name, async () => {
      const before = await system.snapshot();
      const answer = await ask();
      Client.refused(answer, status, code);
      assert.ok(Value.Check(Problem, answer.body));
      assert.deepEqual(await system.snapshot(), before, "a refusal left something in store or queue");
    });
  }
});
