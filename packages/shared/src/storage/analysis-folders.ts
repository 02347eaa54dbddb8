import { turned, turnedBack } from "./turned-ids.js";

/**
 * Where an analysis lives in the object store. Stores list keys in ascending order and lists show the newest first, so
 * the folder's name is the id with each hexadecimal digit turned (0 ↔ f): ids are UUIDv7 and ascend with time.
 */
export function analysisFolder(tenant: string, id: string): string {
  return `analyses/${tenant}/${turned(id)}/`;
}

/** Holds a folder for each tenant. */
export const allTenants = "analyses/";

export function tenantFolder(tenant: string): string {
  return `analyses/${tenant}/`;
}

/** The id of a folder that a list returned. */
export function idOfFolder(folder: string): string {
  return turnedBack(folder.split("/").at(-2) ?? "");
}
