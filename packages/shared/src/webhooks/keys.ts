import { turned } from "../storage/turned-ids.js";

/** Every endpoint of a tenant has a folder, named by its id. */
export function endpointsFolder(tenant: string): string {
  return `webhooks/${tenant}/`;
}

export function endpointFolder(tenant: string, id: string): string {
  return `${endpointsFolder(tenant)}${id}/`;
}

export function endpointKey(tenant: string, id: string): string {
  return `${endpointFolder(tenant, id)}endpoint.json`;
}

export function deliveriesFolder(tenant: string, webhook: string): string {
  return `${endpointFolder(tenant, webhook)}deliveries/`;
}

/** Newest first, as folders of analyses are. */
export function deliveryKey(tenant: string, webhook: string, event: string): string {
  return `${deliveriesFolder(tenant, webhook)}${turned(event)}.json`;
}
