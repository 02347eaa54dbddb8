/** The steps of each service at which it can be killed, in the order a film meets them. */
export const steps = {
  gateway: ["store-marker", "store-film", "store-request", "live-open", "enqueue-bodypart"],
  "bodypart-worker": ["live-start", "store-image", "enqueue-fracture", "live-classified"],
  "fracture-worker": [
    "live-start",
    "store-film-result",
    "live-done",
    "store-result",
    "live-end",
    "store-delivery",
    "store-owed",
    "enqueue-webhook",
    "remove-marker",
  ],
  "webhook-worker": ["send", "store-delivery", "remove-owed"],
} as const;

export type CrashableService = keyof typeof steps;

/** A place at which a service can be killed: before or after one of its steps. */
export interface CrashPoint {
  service: CrashableService;
  name: string;
}

/** Every named crash point: between each pair of steps there are two, one on either side of the second's call. */
export const crashPoints: readonly CrashPoint[] = (Object.keys(steps) as CrashableService[]).flatMap(
  (service) =>
    steps[service].flatMap((step) => [
      { service, name: `before-${step}` },
      { service, name: `after-${step}` },
    ]),
);

/** What a key in the store is for, as the steps' names call it; undefined for others. */
export function kindOfKey(key: string): string | undefined {
  if (key.startsWith("pending/")) return "marker";
  if (key.startsWith("deliveries/")) return "owed";
  const [, name] = /^analyses\/[^/]+\/[^/]+\/(.+)$/.exec(key) ?? [];
  if (name === undefined) return undefined;
  if (name.startsWith("original-")) return "film";
  if (name.startsWith("image-")) return "image";
  if (name.startsWith("results/")) return "film-result";
  return { "request.json": "request", "result.json": "result", "delivery.json": "delivery" }[name];
}

/** The file by which a crash point is armed; who takes it away dies. */
export function armedFile(folder: string, { service, name }: CrashPoint): string {
  return `${folder}/armed/${service}~${name}`;
}

/** The file with the milliseconds by which a process's clock is wrong; it reads it at SIGUSR2. */
export function clockFile(folder: string, pid: number): string {
  return `${folder}/clock/${pid}`;
}
