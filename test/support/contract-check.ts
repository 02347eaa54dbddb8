import { Compile, type Validator } from "typebox/schema";

interface MediaType {
  schema?: object;
}
interface Operation {
  operationId: string;
  parameters?: { name: string; in: string }[];
  requestBody?: { content: Record<string, MediaType> };
  responses: Record<string, { $ref?: string; content?: Record<string, MediaType>; headers?: object }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; responses: Record<string, Operation["responses"][string]> };
}

/** Headers that an answer has where its response in the document has them, and nowhere else. */
const heldHeaders = ["etag", "accept-ranges", "content-range", "content-disposition"];

/** Passes calls on to a gateway and holds each, and its answer, to the gateway's own document. */
export class ContractCheck {
  /** Where a call or an answer was not as the document says. */
  readonly faults: string[] = [];
  readonly #url: string;
  readonly #document: Document;
  readonly #called = new Set<string>();

  private constructor(url: string, document: Document) {
    this.#url = url;
    this.#document = document;
  }

  static async of(url: string): Promise<ContractCheck> {
    return new ContractCheck(url, (await (await fetch(`${url}/openapi.json`)).json()) as Document);
  }

  /** Operations that nobody called, but for those whose id matches. */
  missing(but: RegExp): string[] {
    return Object.values(this.#document.paths)
      .flatMap((methods) => Object.values(methods))
      .map(({ operationId }) => operationId)
      .filter((id) => !this.#called.has(id) && !but.test(id));
  }

  readonly fetch = async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const url = new URL(String(input));
    const answer = await fetch(input, init);
    // An upload goes past the gateway.
    if (url.origin !== new URL(this.#url).origin) return answer;
    const operation = this.#operation(init.method ?? "GET", url.pathname);
    const name = `${init.method ?? "GET"} ${url.pathname}`;
    if (operation === undefined) {
      this.faults.push(`${name} is not in the document`);
      return answer;
    }
    this.#called.add(operation.operationId);
    for (const parameter of url.searchParams.keys()) {
      if (!operation.parameters?.some((each) => each.in === "query" && each.name === parameter))
        this.faults.push(`${name}: the parameter ${parameter} is not in the document`);
    }
    if (typeof init.body === "string")
      this.#fits(
        `${name}, its body`,
        operation.requestBody?.content["application/json"],
        JSON.parse(init.body),
      );
    const json = /json/.test(answer.headers.get("content-type") ?? "");
    await this.#answer(name, operation, json ? answer.clone() : answer);
    return answer;
  };

  async #answer(name: string, { responses }: Operation, answer: Response): Promise<void> {
    const found = responses[String(answer.status)];
    const response =
      found?.$ref === undefined
        ? found
        : this.#document.components.responses[found.$ref.split("/").at(-1) ?? ""];
    if (response === undefined) {
      this.faults.push(`${name}: the status ${answer.status} is not in the document`);
      return;
    }
    for (const header of ["x-request-id"]) {
      if (answer.headers.get(header) === null) this.faults.push(`${name}: no ${header}`);
    }
    for (const header of heldHeaders) {
      if (answer.headers.has(header) !== header in (response.headers ?? {}))
        this.faults.push(`${name}: ${header} of its ${answer.status} is not as in the document`);
    }
    const type = answer.headers.get("content-type")?.split(";")[0];
    if (type?.endsWith("json") !== true) return;
    this.#fits(`${name}, its ${answer.status}`, response.content?.[type], await answer.json());
  }

  #fits(what: string, media: MediaType | undefined, value: unknown): void {
    if (media?.schema === undefined) {
      this.faults.push(`${what} is of no type that the document has`);
      return;
    }
    const schema: Validator = Compile({ ...media.schema, components: this.#document.components });
    if (!schema.Check(value))
      this.faults.push(`${what}: ${JSON.stringify(schema.Errors(value)).slice(0, 500)}`);
  }

  #operation(method: string, path: string): Operation | undefined {
    const parts = path.split("/");
    for (const [template, operations] of Object.entries(this.#document.paths)) {
      const wanted = template.split("/");
      if (wanted.length !== parts.length) continue;
      if (wanted.every((each, at) => each.startsWith("{") || each === parts[at])) {
        const found = operations[method.toLowerCase()];
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }
}
