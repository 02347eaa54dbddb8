import assert from "node:assert/strict";
import { test } from "node:test";
import { uploadTypes } from "@osteon/shared";
import { openapiDocument } from "../src/openapi/document.js";

interface Call {
  requestBody: {
    content: Record<string, { schema: { properties?: { contentType?: { enum?: string[] } } } }>;
  };
}

test("a film may be sent as each of its types, through the gateway and past it", async () => {
  const { paths } = (await openapiDocument()) as { paths: Record<string, { post: Call }> };
  const contentOf = (path: string) => paths[path]?.post.requestBody.content ?? assert.fail(path);
  assert.deepEqual(Object.keys(contentOf("/v1/analyses")), [
    "multipart/form-data",
    ...uploadTypes,
    "application/json",
  ]);
  const { schema } = contentOf("/v1/uploads")["application/json"] ?? assert.fail();
  assert.deepEqual(schema.properties?.contentType?.enum, [...uploadTypes]);
});
