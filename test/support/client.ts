import assert from "node:assert/strict";
import type { Analysis, Problem } from "@osteon/shared";

export interface Answer<T> {
  status: number;
  headers: Headers;
  body: T;
}

/** Speaks the HTTP contract, and nothing more. */
export class Client {
  readonly url: string;
  readonly #key: string | undefined;

  /** @param key sent with every call */
  constructor(url: string, key?: string) {
    this.url = url;
    this.#key = key;
  }

  async request<T>(path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const headers = new Headers(init.headers);
    if (this.#key !== undefined) headers.set("authorization", `Bearer ${this.#key}`);
    const answer = await fetch(this.url + path, { ...init, headers });
    const text = await answer.text();
    const json = /json/.test(answer.headers.get("content-type") ?? "");
    return {
      status: answer.status,
      headers: answer.headers,
      body: (json && text !== "" ? JSON.parse(text) : text) as T,
    };
  }

  /** Submits films as multipart, in the given order of parts. */
  submit(
    films: { name: string; bytes: Buffer }[],
    fields: Record<string, string> = {},
  ): Promise<Answer<Analysis>> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    for (const { name, bytes } of films) form.append("film", new Blob([Uint8Array.from(bytes)]), name);
    return this.request("/v1/analyses", { method: "POST", body: form });
  }

  submitRaw(bytes: Buffer, type: string): Promise<Answer<Analysis>> {
    return this.request("/v1/analyses", {
      method: "POST",
      body: Uint8Array.from(bytes),
      headers: { "content-type": type },
    });
  }

  get(id: string, wait = 0): Promise<Answer<Analysis>> {
    return this.request(`/v1/analyses/${id}?wait=${wait}`);
  }

  /** The analysis at its end, however many long polls that takes within the time. */
  async ended(id: string, seconds = 90): Promise<Analysis> {
    const until = Date.now() + seconds * 1000;
    for (;;) {
      const { status, body } = await this.get(id, 20);
      // While Redis is away nobody can tell how far it is.
      if (status !== 503) assert.equal(status, 200);
      if (["completed", "failed", "cancelled"].includes(body.status)) return body;
      assert.ok(Date.now() < until, `${id} is ${body.status} after ${seconds} s`);
    }
  }

  /** Asserts a problem of the code and status. */
  static refused(answer: Answer<unknown>, status: number, code: string): void {
    const problem = answer.body as Problem;
    assert.deepEqual(
      [answer.status, problem.code, problem.type],
      [status, code, `/problems/${code}`],
      JSON.stringify(problem),
    );
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(problem.requestId, answer.headers.get("x-request-id"));
    assert.ok(problem.detail.length > 10);
  }
}
