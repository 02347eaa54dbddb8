/** The export of traces, where the environment asks for it. */
export interface TraceExport {
  /** Sends what is left, and ends. */
  close(): Promise<void>;
}

/** Longest that the end of a process waits for a collector. */
const lastWordsMs = 3_000;

/**
 * Whether the standard OpenTelemetry variables ask for traces: an OTLP endpoint or an exporter is named, and the SDK is not
 * switched off. Nothing of the SDK is loaded otherwise.
 */
function tracesWanted(env: NodeJS.ProcessEnv): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return false;
  if (env.OTEL_TRACES_EXPORTER) return env.OTEL_TRACES_EXPORTER !== "none";
  return Boolean(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT);
}

/**
 * Exports traces over OTLP (HTTP, protobuf) or to the console. Endpoint, headers, sampler, batches, resource: all by the
 * standard variables, which the SDK reads itself.
 */
export async function startTraceExport(
  service: string,
  env: NodeJS.ProcessEnv,
): Promise<TraceExport | undefined> {
  if (!tracesWanted(env)) return undefined;
  const [sdk, resources] = await Promise.all([
    import("@opentelemetry/sdk-trace-node"),
    import("@opentelemetry/resources"),
  ]);
  const exporter =
    env.OTEL_TRACES_EXPORTER === "console"
      ? new sdk.ConsoleSpanExporter()
      : new (await import("@opentelemetry/exporter-trace-otlp-proto")).OTLPTraceExporter();
  const { defaultResource, detectResources, envDetector, resourceFromAttributes, serviceInstanceIdDetector } =
    resources;
  const provider = new sdk.NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ "service.namespace": "osteon", "service.name": service }))
      // What an operator says of the service goes before what it says itself.
      .merge(detectResources({ detectors: [envDetector, serviceInstanceIdDetector] })),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  });
  provider.register();
  return {
    close: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, lastWordsMs);
      });
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(timer);
    },
  };
}
