import type { Analyses, Analysis, Changes } from "@osteon/shared";

/** What a tenant's listener hears. `missed`: changes may have been missed, look at everything again. */
export type FeedEvent =
  | { type: "analysis"; analysis: Analysis }
  | { type: "erased"; id: string }
  | { type: "missed" };
type Listener = (event: FeedEvent) => void;

/** Changes of one analysis within this time are told once. */
const gatherMs = 60;
const readAtOnce = 32;
const mostRemembered = 20_000;

/**
 * Tells tenants of every change of their analyses. Each change is read once, however many listen; of an analysis of
 * a tenant that nobody listens for, the tenant is read once and remembered.
 */
export class Feed {
  readonly #analyses: Pick<Analyses, "get" | "live">;
  readonly #changes: Pick<Changes, "listenToAll">;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #tenants = new Map<string, string>();
  /** Whose each is, where the change said so: of what was erased nobody else can. */
  readonly #changed = new Map<string, string | undefined>();
  #gathering = false;
  #ignore: (() => void) | undefined;

  constructor(parts: { analyses: Pick<Analyses, "get" | "live">; changes: Pick<Changes, "listenToAll"> }) {
    this.#analyses = parts.analyses;
    this.#changes = parts.changes;
  }

  /** Calls `listener` at each change of the tenant's analyses until the returned function is called. */
  listen(tenant: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(tenant) ?? new Set<Listener>();
    this.#listeners.set(tenant, listeners.add(listener));
    this.#ignore ??= this.#changes.listenToAll((id, tenant) => this.#note(id, tenant));
    return () => {
      listeners.delete(listener);
      if (listeners.size > 0) return;
      if (this.#listeners.get(tenant) === listeners) this.#listeners.delete(tenant);
      if (this.#listeners.size > 0) return;
      this.#ignore?.();
      this.#ignore = undefined;
      this.#changed.clear();
    };
  }

  #note(id: string | undefined, of?: string): void {
    if (id === undefined) {
      for (const tenant of this.#listeners.keys()) this.#tell(tenant, { type: "missed" });
      return;
    }
    this.#changed.set(id, of ?? this.#changed.get(id));
    if (this.#gathering) return;
    this.#gathering = true;
    setTimeout(() => {
      this.#look().finally(() => {
        this.#gathering = false;
        const [left] = this.#changed;
        if (left !== undefined) this.#note(...left);
      });
    }, gatherMs);
  }

  async #look(): Promise<void> {
    const all = [...this.#changed];
    this.#changed.clear();
    for (let at = 0; at < all.length; at += readAtOnce) {
      await Promise.all(all.slice(at, at + readAtOnce).map(([id, of]) => this.#read(id, of)));
    }
  }

  async #read(id: string, of: string | undefined): Promise<void> {
    try {
      const tenant = of ?? this.#tenants.get(id) ?? (await this.#analyses.live(id))?.request.tenant;
      if (tenant === undefined) return;
      this.#remember(id, tenant);
      if (!this.#listeners.has(tenant)) return;
      const analysis = await this.#analyses.get({ tenant, id });
      if (analysis === undefined) this.#tenants.delete(id);
      this.#tell(tenant, analysis === undefined ? { type: "erased", id } : { type: "analysis", analysis });
    } catch {
      // Redis or the store is away: whoever listens looks again when it is back.
      const tenant = of ?? this.#tenants.get(id);
      if (tenant !== undefined) this.#tell(tenant, { type: "missed" });
    }
  }

  #remember(id: string, tenant: string): void {
    if (this.#tenants.size >= mostRemembered) this.#tenants.clear();
    this.#tenants.set(id, tenant);
  }

  #tell(tenant: string, event: FeedEvent): void {
    for (const listener of this.#listeners.get(tenant) ?? []) listener(event);
  }
}
