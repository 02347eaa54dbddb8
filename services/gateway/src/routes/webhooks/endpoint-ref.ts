import { type EndpointRef, isUuidV7, ProblemError } from "@osteon/shared";

/** Names an endpoint that a call asks for. @throws ProblemError `webhook-not-found` for what cannot be an id. */
export function endpointRef({ tenant, params }: { tenant: string; params: { id: string } }): EndpointRef {
  if (!isUuidV7(params.id)) throw new ProblemError("webhook-not-found");
  return { tenant, id: params.id };
}
