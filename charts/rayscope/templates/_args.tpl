{{/* Options of the operator: only what differs from its own defaults. */}}
{{- define "rayscope.args" -}}
{{- $name := include "rayscope.fullname" . -}}
- operator
- --drain={{ .Values.drainSeconds }}
{{- if ne $name "rayscope" }}
- --lease={{ $name }}
{{- end }}
{{- if include "rayscope.webhook" . }}
{{- if ne $name "rayscope" }}
- --webhook-service={{ include "rayscope.webhookService" . }}
- --webhook-configuration={{ $name }}
- --cert-secret={{ include "rayscope.webhookService" . }}
{{- end }}
{{- if ne (int .Values.webhook.port) 9443 }}
- --webhook-port={{ .Values.webhook.port }}
{{- end }}
{{- if .Values.webhook.certManager.enabled }}
- --cert-dir=/etc/rayscope/certificate
{{- end }}
{{- else }}
- --no-webhook
{{- end }}
{{- if ne (int .Values.metrics.port) 8080 }}
- --health-port={{ .Values.metrics.port }}
{{- end }}
{{- range .Values.watchNamespaces }}
- --watch-namespace={{ . }}
{{- end }}
{{- range $key, $value := .Values.monitorLabels }}
- {{ printf "--monitor-labels=%s=%v" $key $value | quote }}
{{- end }}
{{- if ne .Values.logFormat "text" }}
- --log-format={{ .Values.logFormat }}
{{- end }}
{{- if .Values.verbose }}
- --verbose
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}
