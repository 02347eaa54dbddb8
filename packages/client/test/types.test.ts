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
  Same<client.UploadType, shared.UploadType>,
  Same<client.LoadedModel, shared.LoadedModel>,
  Same<client.WorkerReload, shared.WorkerReload>,
  Same<client.WebhookEndpoint, shared.WebhookEndpoint>,
  Same<client.WebhookDelivery, shared.WebhookDelivery>,
  Same<client.WebhookEvent, shared.WebhookEvent>,
  Same<client.WebhookTestEvent, shared.WebhookTestEvent>,
  Same<client.Problem, shared.Problem>,
] = [true, true, true, true, true, true, true, true, true, true, true];

/** A type whose optional properties may also be given as undefined. */
type Lax<T> = { [K in keyof T]: Partial<Pick<T, K>> extends Pick<T, K> ? T[K] | undefined : T[K] };
/** Fails to compile unless what a caller has no value for may be passed on as it is, also under `exactOptionalPropertyTypes`. */
type TakesUndefined<T> = Lax<T> extends T ? true : never;

/** What callers fill. */
const filled: [
  TakesUndefined<client.ClientOptions>,
  TakesUndefined<client.SubmissionFields>,
  TakesUndefined<client.NamedFilm>,
  TakesUndefined<client.SubmitOptions>,
  TakesUndefined<client.ListOptions>,
  TakesUndefined<client.GetOptions>,
  TakesUndefined<client.WaitOptions>,
  TakesUndefined<client.EventsOptions>,
  TakesUndefined<client.VerifyOptions>,
  TakesUndefined<client.NewEndpoint>,
  TakesUndefined<client.EndpointChange>,
  TakesUndefined<client.DeliveriesOptions>,
  TakesUndefined<NonNullable<Parameters<client.Webhooks["rotateSecret"]>[1]>>,
  TakesUndefined<NonNullable<Parameters<client.Webhooks["redeliverFailed"]>[2]>>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true, true];

test("the client's types are the contract's", (t) => {
  t.diagnostic(`${same.length + filled.length} types are held by the compiler`);
});
