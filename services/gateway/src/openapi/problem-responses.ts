import { catalogue, Problem, type ProblemCode } from "@osteon/shared";

/** A route's problems as its document's responses: one for each status, with the codes that it may have. */
export function problemResponses(codes: readonly ProblemCode[]): Record<string, object> {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = catalogue[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, each]) => [
      String(status),
      {
        description: each.map((code) => `${catalogue[code].title} (\`${code}\`)`).join(", "),
        content: {
          "application/problem+json": {
            schema: { allOf: [Problem, { type: "object", properties: { code: { enum: each } } }] },
          },
        },
      },
    ]),
  );
}
