import { call, jsonBody } from "./osteon.js";

export type Scope = "submit" | "urgent" | "read" | "webhooks" | "admin";

/** Who is at the page. */
export interface SessionView {
  auth: "off" | "keys";
  signedIn: boolean;
  tenant?: string;
  name?: string;
  /** Names the key that the session was opened with. */
  key?: string;
  scopes: Scope[];
  expiresAt?: string;
  limits: { filmBytes: number; filmPixels: number; uploadBytes: number; films: number };
}

export function getSession(): Promise<SessionView> {
  return call("/v1/session");
}

export function signIn(key: string): Promise<SessionView> {
  return call("/v1/session", jsonBody("POST", { key }));
}

export function signOut(): Promise<void> {
  return call("/v1/session", { method: "DELETE" });
}
