{{/* The name of all objects. */}}
{{- define "prefab.name" -}}
{{- if contains "prefab" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-prefab" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* The labels that select the pods. They never change. */}}
{{- define "prefab.selector" -}}
app.kubernetes.io/name: prefab
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "prefab.labels" -}}
{{ include "prefab.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Values that would lose data or cut streams are refused here. */}}
{{- define "prefab.check" -}}
{{- $postgres := eq .Values.database.type "postgres" }}
{{- if and (not $postgres) (gt (int .Values.replicas) 1) }}
{{- fail "replicas > 1 requires database.type=postgres: a SQLite file belongs to one server, so each replica would have its own data" }}
{{- end }}
{{- if and $postgres (not .Values.database.url) }}
{{- fail "database.type=postgres requires database.url" }}
{{- end }}
{{- if and (not $postgres) .Values.database.url }}
{{- fail "database.url requires database.type=postgres" }}
{{- end }}
{{- range list .Values.database.url .Values.database.listenUrl }}
{{- if regexMatch "^[a-z]+://[^/@]*:[^/@]*@" . }}
{{- fail "database.url contains a password, which the chart would write into a ConfigMap; use database.existingSecret" }}
{{- end }}
{{- end }}
{{- $least := add .Values.drainTimeout .Values.preStopSeconds }}
{{- if le (int .Values.terminationGracePeriodSeconds) (int $least) }}
{{- fail (printf "terminationGracePeriodSeconds must be larger than drainTimeout + preStopSeconds (%d)" $least) }}
{{- end }}
{{- range $key := list "listen" "data-dir" "database" "database-listen-url" "database-password-file" "public-url" "trusted-proxy" "drain-timeout" "tls-certificate" "tls-key" }}
{{- if hasKey $.Values.settings $key }}
{{- fail (printf "settings.%s is set by another value of the chart" $key) }}
{{- end }}
{{- end }}
{{- end }}
