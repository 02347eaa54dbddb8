import path from "node:path";
import { parseAllDocuments } from "yaml";
import { tryRun } from "../support/run.js";
import { goTool, root } from "../support/tools.js";

export const chart = path.join(root, "deploy/helm/osteon");

export interface Rendered {
  kind: string;
  metadata: { name: string };
}

interface Probe {
  httpGet: { path: string };
  periodSeconds: number;
  failureThreshold: number;
}

export interface Deployment extends Rendered {
  spec: {
    replicas?: number;
    template: {
      spec: {
        automountServiceAccountToken: boolean;
        securityContext: { runAsNonRoot: boolean };
        topologySpreadConstraints: unknown[];
        terminationGracePeriodSeconds: number;
        containers: {
          securityContext: { readOnlyRootFilesystem: boolean; capabilities: { drop: string[] } };
          env: { name: string; value?: string }[];
          volumeMounts: { mountPath: string }[];
          startupProbe: Probe;
          readinessProbe: Probe;
          livenessProbe: Probe;
        }[];
      };
    };
  };
}

export interface ScaledObject extends Rendered {
  spec: {
    minReplicaCount: number;
    maxReplicaCount: number;
    pollingInterval: number;
    advanced: {
      horizontalPodAutoscalerConfig: {
        behavior: Record<
          "scaleUp" | "scaleDown",
          {
            stabilizationWindowSeconds: number;
            policies: { type: "Percent" | "Pods"; value: number; periodSeconds: number }[];
          }
        >;
      };
    };
    triggers: { type: string; metricType: string; metadata: { query: string; threshold: string } }[];
  };
}

/** Renders the chart with settings (`key=value`) as a release in the namespace `films`, whatever comes of it. */
export async function tryRender(settings: readonly string[], release = "osteon") {
  const args = ["template", release, chart, "--namespace", "films", "--kube-version", "1.31.0"];
  return tryRun(await goTool("helm"), [...args, ...settings.flatMap((each) => ["--set", each])]);
}

/** Renders the chart. `of` gives the resources of a kind. @throws Error with helm's words */
export async function render(
  settings: readonly string[],
  release?: string,
): Promise<{ text: string; of: <T extends Rendered>(kind: string) => T[] }> {
  const { code, stdout, stderr } = await tryRender(settings, release);
  if (code !== 0) throw new Error(stderr);
  const all = parseAllDocuments(stdout)
    .map((document) => document.toJS() as Rendered | null)
    .filter((each) => each !== null);
  return {
    text: stdout,
    of: <T extends Rendered>(kind: string) => all.filter((each) => each.kind === kind) as T[],
  };
}
