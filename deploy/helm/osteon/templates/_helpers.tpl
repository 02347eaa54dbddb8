{{- define "osteon.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/*
What tells the series of this release from those of all others: the label osteon_release. A namespace may hold several, and
releases of several namespaces may share a name.
*/}}
{{- define "osteon.release" -}}
{{- .Release.Namespace }}/{{ .Release.Name -}}
{{- end -}}

{{/* Labels by which a service's pods are chosen. Takes (dict "root" $ "service" NAME). */}}
{{- define "osteon.selector" -}}
app.kubernetes.io/name: {{ .service }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- end -}}

{{- define "osteon.labels" -}}
{{ include "osteon.selector" . }}
app.kubernetes.io/part-of: osteon
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{/* A service's Deployment. Takes (dict "root" $ "service" NAME "values" ITS-VALUES "replicas" NUMBER-OR-EMPTY). */}}
{{- define "osteon.deployment" -}}
{{- $ := .root -}}
{{- $gateway := eq .service "gateway" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "osteon.name" $ }}-{{ .service }}
  labels: {{- include "osteon.labels" . | nindent 4 }}
spec:
  {{- if .replicas }}
  replicas: {{ .replicas }}
  {{- end }}
  selector:
    matchLabels: {{- include "osteon.selector" . | nindent 6 }}
  strategy:
    rollingUpdate: { maxSurge: 25%, maxUnavailable: 0 }
  template:
    metadata:
      labels: {{- include "osteon.labels" . | nindent 8 }}
      {{- with $.Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "osteon.name" $ | quote }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $.Values.terminationGracePeriodSeconds }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        seccompProfile: { type: RuntimeDefault }
      {{- with $.Values.image.pullSecrets }}
      imagePullSecrets: {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "osteon.selector" . | nindent 14 }}
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels: {{- include "osteon.selector" . | nindent 14 }}
      containers:
        - name: {{ .service }}
          image: "{{ $.Values.image.registry }}/{{ .service }}:{{ default $.Chart.AppVersion $.Values.image.tag }}"
          imagePullPolicy: {{ $.Values.image.pullPolicy }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: { drop: [ALL] }
          ports:
            {{- if $gateway }}
            - { name: http, containerPort: 8080 }
            {{- end }}
            - { name: health, containerPort: 9090 }
          env:
            - { name: HEALTH_PORT, value: "9090" }
            {{- if $gateway }}
            - { name: AUTH, value: keys }
            {{- end }}
            - { name: S3_BUCKET, value: {{ $.Values.s3.bucket | quote }} }
            - { name: S3_REGION, value: {{ $.Values.s3.region | quote }} }
            {{- with $.Values.s3.endpoint }}
            - { name: S3_ENDPOINT, value: {{ . | quote }} }
            {{- end }}
            {{- with $.Values.s3.publicEndpoint }}
            - { name: S3_PUBLIC_ENDPOINT, value: {{ . | quote }} }
            {{- end }}
            {{- if and $.Values.models.existingClaim (ne .service "webhook-worker") (not $gateway) }}
            - { name: MODELS_DIR, value: /models }
            {{- end }}
            {{- with $.Values.tracing.endpoint }}
            - { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
            - { name: OTEL_TRACES_SAMPLER, value: traceidratio }
            - { name: OTEL_TRACES_SAMPLER_ARG, value: {{ $.Values.tracing.sampleRatio | quote }} }
            {{- end }}
            {{- /* Overwritten, since `merge` takes a service's own 0, false or "" for unset. */}}
            {{- range $name, $value := mergeOverwrite (dict) (default (dict) $.Values.env) (default (dict) .values.env) }}
            {{- /* Numbers of a values file are floats, which would be written 1.34217728e+08. */}}
            {{- if kindIs "float64" $value }}{{ $value = printf "%f" $value | trimSuffix ".000000" }}{{ end }}
            - { name: {{ $name }}, value: {{ $value | quote }} }
            {{- end }}
            {{- $keys := list "REDIS_URL" "AWS_ACCESS_KEY_ID" "AWS_SECRET_ACCESS_KEY" "AWS_SESSION_TOKEN" "REDIS_SENTINEL_PASSWORD" }}
            {{- if or $gateway (eq .service "webhook-worker") }}
            {{- $keys = concat $keys (list "WEBHOOK_SECRET" "WEBHOOK_MASTER_SECRET") }}
            {{- end }}
            {{- range $key := $keys }}
            - name: {{ $key }}
              valueFrom:
                secretKeyRef: { name: {{ $.Values.existingSecret | quote }}, key: {{ $key }}, optional: {{ ne $key "REDIS_URL" }} }
            {{- end }}
          # Alive, not ready: a pod that waits for its store or its Redis, or warms up its models, is not ended for it.
          startupProbe:
            httpGet: { path: /livez, port: health }
            periodSeconds: 2
            failureThreshold: 60
          readinessProbe:
            httpGet: { path: /readyz, port: health }
            periodSeconds: 5
            failureThreshold: 2
          livenessProbe:
            httpGet: { path: /livez, port: health }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          {{- if $gateway }}
          # Endpoints take a moment to forget a pod: it goes on answering meanwhile.
          lifecycle:
            preStop:
              exec: { command: ["sleep", "5"] }
          {{- end }}
          resources: {{- toYaml .values.resources | nindent 12 }}
          volumeMounts:
            - { name: tmp, mountPath: /tmp }
            {{- if and $.Values.models.existingClaim (ne .service "webhook-worker") (not $gateway) }}
            - { name: models, mountPath: /models, readOnly: true }
            {{- end }}
            {{- if $.Values.certificates.existingSecret }}
            - { name: certificates, mountPath: /certificates, readOnly: true }
            {{- end }}
      volumes:
        - name: tmp
          emptyDir: { sizeLimit: 256Mi }
        {{- if and $.Values.models.existingClaim (ne .service "webhook-worker") (not $gateway) }}
        - name: models
          persistentVolumeClaim: { claimName: {{ $.Values.models.existingClaim | quote }}, readOnly: true }
        {{- end }}
        {{- with $.Values.certificates.existingSecret }}
        - name: certificates
          secret: { secretName: {{ . | quote }} }
        {{- end }}
      {{- with $.Values.nodeSelector }}
      nodeSelector: {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $.Values.tolerations }}
      tolerations: {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}

{{/* One pod may go at a time, so a node can be drained. Takes the same. */}}
{{- define "osteon.disruptions" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "osteon.name" .root }}-{{ .service }}
  labels: {{- include "osteon.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {{- include "osteon.selector" . | nindent 6 }}
{{- end -}}

{{- define "osteon.publicAddresses" -}}
- ipBlock:
    cidr: 0.0.0.0/0
    except: [10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16]
- ipBlock:
    cidr: 2000::/3
{{- end -}}

{{/*
The Ingress's annotations: those of the values go before what ingress-nginx needs. It takes twice what the gateway takes, so that a
submission that is a little too large is refused by the gateway, as a problem; the longest wait for a result is 60 s.
*/}}
{{- define "osteon.ingressAnnotations" -}}
{{- $annotations := default (dict) .Values.ingress.annotations -}}
{{- if .Values.ingress.nginx -}}
{{- $env := mergeOverwrite (dict) (default (dict) .Values.env) (default (dict) .Values.gateway.env) -}}
{{- $most := int64 (default 134217728 $env.MAX_UPLOAD_BYTES) -}}
{{- $prefix := "nginx.ingress.kubernetes.io/" -}}
{{- $annotations = mergeOverwrite (dict
  (print $prefix "proxy-body-size") (printf "%dm" (add1 (div (sub (mul 2 $most) 1) 1048576)))
  (print $prefix "proxy-read-timeout") "75"
  (print $prefix "proxy-request-buffering") "off"
  (print $prefix "proxy-buffering") "off"
) $annotations -}}
{{- end -}}
{{- toYaml $annotations -}}
{{- end -}}
