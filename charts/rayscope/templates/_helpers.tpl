{{- define "rayscope.fullname" -}}
{{ .Values.fullnameOverride | default "rayscope" }}
{{- end }}

{{- define "rayscope.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ .Values.serviceAccount.name | default (include "rayscope.fullname" .) }}
{{- else -}}
{{ .Values.serviceAccount.name | default "default" }}
{{- end -}}
{{- end }}

{{- define "rayscope.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* The webhook belongs to the whole cluster: with watchNamespaces there is none. "true", or nothing. */}}
{{- define "rayscope.webhook" -}}
{{- if and .Values.webhook.enabled (not .Values.watchNamespaces) }}true{{ end -}}
{{- end }}

{{/* Whether Rayscope keeps the webhook's certificate itself. */}}
{{- define "rayscope.ownCertificates" -}}
{{- if and (include "rayscope.webhook" .) (not .Values.webhook.certManager.enabled) }}true{{ end -}}
{{- end }}

{{- define "rayscope.webhookService" -}}
{{ include "rayscope.fullname" . }}-webhook
{{- end }}

{{- define "rayscope.certificateSecret" -}}
{{ include "rayscope.fullname" . }}-webhook-cert-manager
{{- end }}

{{/* By which the pods are found; never the chart's version, as a Deployment's selector cannot be changed. */}}
{{- define "rayscope.selectorLabels" -}}
app.kubernetes.io/name: rayscope
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{/* metadata of an object: (list $ COMPONENT NAME NAMESPACE [LABELS [ANNOTATIONS]]); no namespace where it is empty. */}}
{{- define "rayscope.metadata" -}}
{{- $ := index . 0 -}}
{{- $labels := dict
  "app.kubernetes.io/name" "rayscope"
  "app.kubernetes.io/instance" $.Release.Name
  "app.kubernetes.io/component" (index . 1)
  "app.kubernetes.io/version" $.Chart.AppVersion
  "app.kubernetes.io/managed-by" $.Release.Service
  "helm.sh/chart" (printf "%s-%s" $.Chart.Name ($.Chart.Version | replace "+" "_")) -}}
{{- $more := dict -}}
{{- if gt (len .) 4 }}{{ $more = index . 4 | default dict }}{{ end -}}
{{- $annotations := dict -}}
{{- if gt (len .) 5 }}{{ $annotations = index . 5 | default dict }}{{ end -}}
name: {{ index . 2 }}
{{- with index . 3 }}
namespace: {{ . }}
{{- end }}
labels:
  {{- mergeOverwrite (dict) $.Values.commonLabels $more $labels | toYaml | nindent 2 }}
{{- with mergeOverwrite (dict) $.Values.commonAnnotations $annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Whether to render a kind of Prometheus Operator's: (list $ RENDER_MODE KIND VALUE). "true", or nothing. */}}
{{- define "rayscope.rendered" -}}
{{- $ := index . 0 -}}
{{- $api := printf "monitoring.coreos.com/v1/%s" (index . 2) -}}
{{- $there := $.Capabilities.APIVersions.Has $api -}}
{{- if and (eq (index . 1) "failIfMissing") (not $there) -}}
{{- fail (printf "%s: the cluster does not have %s. Install Prometheus Operator's CRDs, or set skipIfMissing or alwaysRender." (index . 3) $api) -}}
{{- end -}}
{{- if or $there (eq (index . 1) "alwaysRender") }}true{{ end -}}
{{- end }}
