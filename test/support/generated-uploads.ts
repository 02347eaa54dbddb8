import { Random } from "./random.js";

/** Requests that a client may send by mistake or malice, made from a seed: the same seed makes the same requests. */
export interface GeneratedRequest {
  /** For the message of a failure. */
  name: string;
  bytes: Buffer;
  /** Whether it is one whole HTTP request: then it must be answered. */
  whole: boolean;
}

interface Part {
  head: string[];
  body: Buffer;
}

interface Draft {
  method: string;
  path: string;
  version: string;
  headers: [string, string | Buffer][];
  body: Buffer;
  notes: string[];
  whole: boolean;
}

const names = [
  "film.jpg",
  "../../etc/passwd",
  "..\\..\\boot.ini",
  "C:\\films\\a.jpg",
  "a\0b.jpg",
  "Müller, Jörg.jpg",
  "🦴.png",
  "x".repeat(5_000),
  "",
  ".",
  "-rf",
  "con",
  'a"; filename="b',
  "a%22%0d%0aX-Bad: 1",
  "\u202egpj.exe",
];
const texts = [
  "",
  "x",
  "exam 7",
  "x".repeat(201),
  "x".repeat(20_000),
  "\0",
  "ü".repeat(200),
  "👩‍⚕️",
  "'; DROP TABLE",
  "{{7*7}}",
  "<b>",
];
const fields = [
  "reference",
  "callbackUrl",
  "regionHint",
  "priority",
  "upload",
  "patient",
  "__proto__",
  "film",
  "",
  "constructor",
];
const values = [
  ...texts,
  "hand",
  "skull",
  "urgent",
  "http://127.0.0.1/",
  "https://example.com/hook",
  "01970000-0000-7000-8000-000000000000",
  "../x",
];
const types = [
  "image/jpeg",
  "image/png",
  "image/tiff",
  "image/webp",
  "application/dicom",
  "application/octet-stream",
  "application/json",
  "application/json; charset=utf-16",
  "text/plain",
  "image/jpeg; q=1; =",
  "multipart/form-data",
  "multipart/form-data; boundary=",
  `multipart/form-data; boundary=${"b".repeat(300)}`,
  "multipart/mixed; boundary=b",
  "*/*",
  "",
];
const paths = [
  "/v1/analyses",
  "/v1/analyses",
  "/v1/analyses",
  "/upload",
  "/v1/uploads",
  "/predict",
  "/v1/webhooks",
];

/** Makes requests around a real film. */
export class UploadGenerator {
  readonly #random: Random;
  readonly #film: Buffer;
  readonly #host: string;
  readonly #key: string;

  constructor(options: { seed: number; film: Buffer; host: string; key: string }) {
    this.#random = new Random(options.seed);
    this.#film = options.film;
    this.#host = options.host;
    this.#key = options.key;
  }

  next(): GeneratedRequest {
    const random = this.#random;
    const draft: Draft = {
      method: "POST",
      path: random.pick(paths),
      version: "HTTP/1.1",
      headers: [
        ["Host", this.#host],
        ["Authorization", `Bearer ${this.#key}`],
      ],
      body: Buffer.alloc(0),
      notes: [],
      whole: true,
    };
    const kind = random.pick(["multipart", "multipart", "multipart", "raw", "json"]);
    draft.notes.push(kind);
    if (kind === "multipart") this.#multipart(draft);
    else if (kind === "raw") this.#raw(draft);
    else this.#json(draft);
    this.#headers(draft);
    return this.#frame(draft);
  }

  #damaged(): { bytes: Buffer; note: string } {
    const random = this.#random;
    const film = this.#film;
    switch (random.below(9)) {
      case 0:
        return { bytes: film.subarray(0, random.below(film.length)), note: "truncated" };
      case 1: {
        const bytes = Buffer.from(film);
        for (let flips = 1 + random.below(40); flips > 0; flips -= 1)
          bytes[random.below(bytes.length)] = random.below(256);
        return { bytes, note: "flipped" };
      }
      case 2:
        return { bytes: random.bytes(random.below(4_000)), note: "random" };
      case 3:
        return {
          bytes: Buffer.concat([film.subarray(0, 2 + random.below(400)), random.bytes(500)]),
          note: "head only",
        };
      case 4:
        return {
          bytes: Buffer.from(
            random.pick([
              "GIF89a",
              "%PDF-1.7",
              "\x89PNG\r\n\x1a\n",
              "II*\0",
              "RIFF\0\0\0\0WEBPVP8 ",
              "<svg/>",
              "DICM",
            ]),
            "latin1",
          ),
          note: "magic only",
        };
      case 5:
        return { bytes: Buffer.concat([film, random.bytes(random.below(300))]), note: "appended" };
      case 6:
        return { bytes: Buffer.alloc(0), note: "empty" };
      default:
        return { bytes: film, note: "good" };
    }
  }

  #multipart(draft: Draft): void {
    const random = this.#random;
    const boundary = random.pick(["b", "----WebKitFormBoundary7MA4YWxk", "a'()+_,-./:=?", "x".repeat(70)]);
    const parts: Part[] = [];
    for (let films = random.pick([0, 1, 1, 1, 2, 3, 17]); films > 0; films -= 1) {
      const { bytes, note } = this.#damaged();
      draft.notes.push(note);
      const name = random.pick(names);
      const field = random.chance(0.85) ? "film" : random.pick(["file", "Film", "film[]", ...fields]);
      parts.push({
        head: [
          `Content-Disposition: form-data; name="${field}"${random.chance(0.9) ? `; filename="${name.replaceAll('"', "%22")}"` : ""}`,
          ...(random.chance(0.5) ? [`Content-Type: ${random.pick(types)}`] : []),
          ...(random.chance(0.05)
            ? [`Content-Transfer-Encoding: ${random.pick(["base64", "quoted-printable", "x"])}`]
            : []),
        ],
        body: bytes,
      });
    }
    for (let count = random.pick([0, 0, 1, 2, 5]); count > 0; count -= 1) {
      parts.splice(random.below(parts.length + 1), 0, {
        head: [`Content-Disposition: form-data; name="${random.pick(fields)}"`],
        body: Buffer.from(random.pick(values)),
      });
    }
    if (random.chance(0.02)) {
      draft.notes.push("2,000 parts");
      for (let at = 0; at < 2_000; at += 1)
        parts.push({ head: [`Content-Disposition: form-data; name="f${at}"`], body: Buffer.from("x") });
    }
    for (const part of parts) {
      if (random.chance(0.03))
        part.head = random.pick([
          [],
          ["Content-Disposition: attachment"],
          ["x"],
          [": :"],
          ["Content-Disposition: form-data"],
        ]);
      if (random.chance(0.02)) part.head.push(...Array.from({ length: 100 }, (_, at) => `X-${at}: y`));
      if (random.chance(0.02)) part.head.push(`X-Long: ${"z".repeat(100_000)}`);
    }
    const line = random.chance(0.05) ? "\n" : "\r\n";
    const chunks: (string | Buffer)[] = random.chance(0.05) ? ["preamble\r\n"] : [];
    for (const part of parts)
      chunks.push(`--${boundary}${line}`, ...part.head.map((each) => each + line), line, part.body, line);
    if (!random.chance(0.06)) chunks.push(`--${boundary}--${line}`);
    if (random.chance(0.05)) chunks.push("epilogue");
    draft.body = Buffer.concat(chunks.map((each) => (typeof each === "string" ? Buffer.from(each) : each)));
    if (random.chance(0.05)) draft.body = draft.body.subarray(0, random.below(draft.body.length + 1));
    const told = random.chance(0.94) ? boundary : random.pick(["other", "", "x".repeat(200)]);
    const type = random.chance(0.95) ? `multipart/form-data; boundary="${told}"` : random.pick(types);
    draft.headers.push(["Content-Type", type]);
  }

  #raw(draft: Draft): void {
    const { bytes, note } = this.#damaged();
    draft.notes.push(note);
    draft.body = bytes;
    draft.headers.push(["Content-Type", this.#random.pick(types)]);
  }

  #json(draft: Draft): void {
    const random = this.#random;
    const value = (depth: number): unknown => {
      switch (random.below(depth > 3 ? 5 : 7)) {
        case 0:
          return null;
        case 1:
          return random.pick([0, -1, 1e308, 12.5, 2 ** 53]);
        case 2:
          return random.chance(0.5);
        case 3:
        case 4:
          return random.pick(values);
        case 5:
          return Array.from({ length: random.below(4) }, () => value(depth + 1));
        default:
          return Object.fromEntries(
            Array.from({ length: random.below(5) }, () => [
              random.pick([...fields, "uploads", "bytes", "contentType", "filename", "url", "events"]),
              value(depth + 1),
            ]),
          );
      }
    };
    const text = JSON.stringify(value(0));
    draft.body = Buffer.from(
      random.pick([
        text,
        text,
        text,
        text.slice(0, -1),
        `${text},`,
        '{"__proto__":{"a":1}}',
        "[".repeat(30_000),
        `"${"x".repeat(70_000)}"`,
        "\ufeff{}",
      ]),
    );
    draft.headers.push(["Content-Type", random.chance(0.9) ? "application/json" : random.pick(types)]);
  }

  #headers(draft: Draft): void {
    const random = this.#random;
    const maybe = (p: number, change: () => void) => {
      if (random.chance(p)) change();
    };
    const { headers } = draft;
    maybe(0.15, () =>
      headers.push([
        "Idempotency-Key",
        random.pick(['"k"', "k", "", "é", '"', "x".repeat(300), `k-${random.below(50)}`]),
      ]),
    );
    maybe(0.05, () =>
      headers.push([
        "Prefer",
        random.pick(["wait=0", "wait=-1", "wait", "=", "wait=1e9", ",,,", "respond-async"]),
      ]),
    );
    maybe(0.05, () => {
      headers[1] = [
        "Authorization",
        random.pick([
          "",
          "Bearer",
          "Bearer  ",
          "Basic YTpi",
          "Bearer osk_x",
          `Bearer ${"x".repeat(5_000)}`,
          "bearer \xff",
        ]),
      ];
      draft.notes.push("key");
    });
    maybe(0.04, () => headers.push(["Content-Encoding", random.pick(["gzip", "br", "x"])]));
    maybe(0.03, () => headers.push(["Origin", random.pick(["null", "https://evil.example", "://"])]));
    maybe(0.03, () =>
      headers.push([
        random.pick(["X-Forwarded-For", "X-HTTP-Method-Override", "Accept-Version", "Upgrade", "Connection"]),
        random.pick(["DELETE", "websocket", "close", "1.0", "keep-alive, x"]),
      ]),
    );
    maybe(0.03, () => {
      draft.path += random.pick([
        "?",
        "?x=1",
        "?wait=1",
        "/",
        "//",
        "/..",
        "/%00",
        "/%ff",
        "?%",
        "#f",
        ";a=b",
      ]);
    });
    maybe(0.03, () => {
      draft.method = random.pick(["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "GET"]);
    });
    maybe(0.02, () => {
      draft.version = random.pick(["HTTP/1.0", "HTTP/2.0", "HTTP/9", ""]);
      draft.whole = draft.version === "HTTP/1.0";
    });
    maybe(0.02, () => {
      headers.push([random.pick(["X Y", "X\tY", "é", ""]), "z"]);
      draft.whole = false;
    });
    maybe(0.02, () => {
      headers.push(["X-Control", Buffer.from([0x61, random.pick([0, 1, 10, 13, 127]), 0x62])]);
      draft.whole = false;
    });
    maybe(0.01, () => {
      headers.push(["X-Huge", "h".repeat(30_000)]);
      draft.whole = false;
    });
    maybe(0.01, () => {
      headers[0] = random.pick([
        ["Host", ""],
        ["Host", "a b"],
        ["X-No-Host", "1"],
      ] as [string, string][]);
    });
  }

  #frame(draft: Draft): GeneratedRequest {
    const random = this.#random;
    const { headers } = draft;
    let body = draft.body;
    const how = random.next();
    if (how < 0.8) headers.push(["Content-Length", String(body.length)]);
    else if (how < 0.9) {
      headers.push(["Transfer-Encoding", "chunked"]);
      body = chunked(body, 1 + random.below(Math.max(1, body.length)));
      if (random.chance(0.1)) {
        body = body.subarray(0, random.below(body.length));
        draft.whole = false;
        draft.notes.push("cut chunks");
      }
    } else {
      draft.whole = false;
      draft.notes.push("length");
      headers.push(
        ...random.pick<[string, string][]>([
          [["Content-Length", String(body.length + 1 + random.below(50))]],
          [["Content-Length", String(random.below(body.length + 1))]],
          [["Content-Length", "-5"]],
          [["Content-Length", "0x10"]],
          [["Content-Length", "9".repeat(30)]],
          [
            ["Content-Length", "3"],
            ["Content-Length", "4"],
          ],
          [
            ["Content-Length", String(body.length)],
            ["Transfer-Encoding", "chunked"],
          ],
          [["Transfer-Encoding", "gzip, chunked"]],
          [["Transfer-Encoding", "xchunked"]],
          [],
        ]),
      );
    }
    const head = headers.flatMap(([name, value]) => [
      Buffer.from(`${name}: `, "latin1"),
      Buffer.from(value as string, "latin1"),
      Buffer.from("\r\n"),
    ]);
    const first = Buffer.from(`${draft.method} ${draft.path} ${draft.version}\r\n`, "latin1");
    return {
      name: `${draft.method} ${draft.path} ${draft.notes.join(",")}`,
      bytes: Buffer.concat([first, ...head, Buffer.from("\r\n"), body]),
      whole: draft.whole,
    };
  }
}

function chunked(body: Buffer, size: number): Buffer {
  const chunks: Buffer[] = [];
  for (let from = 0; from < body.length; from += size) {
    const piece = body.subarray(from, from + size);
    chunks.push(Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n"));
  }
  return Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")]);
}
