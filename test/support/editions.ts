import assert from "node:assert/strict";
import type { Analysis, LoadedModel, WorkerReload } from "@osteon/shared";
import type { TestSystem } from "./system.js";

/** Asks every worker to load what changed; answers what each did, of which there is one at least. */
export async function reloadModels({ client }: TestSystem): Promise<WorkerReload[]> {
  const { status, body } = await client.request<{ data: WorkerReload[] }>("/v1/models/reload", {
    method: "POST",
  });
  assert.equal(status, 200, JSON.stringify(body));
  assert.notEqual(body.data.length, 0, "no worker answered");
  for (const { service, models, state } of body.data)
    assert.ok(models.length > 0, `a ${service} is ${state} and told of no model`);
  return body.data;
}

/** The editions of a model that workers have loaded. */
export async function loadedModels({ client }: TestSystem, name: string): Promise<LoadedModel[]> {
  const { body } = await client.request<{ data: LoadedModel[] }>("/v1/models");
  return body.data.filter((model) => model.name === name);
}

/** Each film has ended well, with one edition of each model in the analysis. */
export function assertUniform(analysis: Analysis): void {
  assert.equal(analysis.status, "completed", JSON.stringify(analysis.error));
  const editions = new Map<string, Set<string>>();
  for (const { models: used } of analysis.films) {
    for (const ref of [used?.bodyPart, used?.fracture]) {
      if (ref === undefined) continue;
      editions.set(ref.name, (editions.get(ref.name) ?? new Set()).add(JSON.stringify(ref)));
    }
  }
  assert.ok(editions.has("bodypart") && editions.has("fracture-hand"));
  for (const [name, each] of editions)
    assert.equal(each.size, 1, `${name}: ${[...each].join(" and ")} in ${analysis.id}`);
}
