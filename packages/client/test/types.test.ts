import { test } from "node:test";
import type * as shared from "@osteon/shared";
import type * as client from "../src/index.js";

/** A type with all that it is made of written out, so that how it was made does not matter. */
type Plain<T> = T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
/** Fails to compile unless the two are the same, optional properties and all. */
type Same<A, B> =
  (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : never;

/** The client's types, each with the schema's type that the gateway answers by. */
const same: [
  Same<client.Analysis, shared.Analysis>,
  Same<client.Bone, shared.Bone>,
  Same<client.EventType, shared.EventType>,
  Same<client.UploadType, shared.FilmType>,
  Same<client.LoadedModel, shared.LoadedModel>,
  Same<client.WorkerReload, shared.WorkerReload>,
  Same<client.WebhookEndpoint, shared.WebhookEndpoint>,
  Same<client.WebhookDelivery, shared.WebhookDelivery>,
  Same<client.WebhookEvent, shared.WebhookEvent>,
  Same<client.WebhookTestEvent, shared.WebhookTestEvent>,
  Same<client.Problem, shared.Problem>,
] = [true, true, true, true, true, true, true, true, true, true, true];

test("the client's types are the contract's", (t) => {
  t.diagnostic(`${same.length} types are held by the compiler`);
});
