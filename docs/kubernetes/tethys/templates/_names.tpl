{{- define "tethys.labels" -}}
app.kubernetes.io/name: tethys
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "tethys.image" -}}
image: {{ printf "%s:%s" (required "image.repository: the image that holds Tethys, see docs/kubernetes" .Values.image.repository) (required "image.tag: which one" .Values.image.tag) | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end -}}

{{- define "tethys.unprivileged" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}
