{{/* What Rayscope may do where services live: everywhere by a ClusterRole, or in some namespaces by Roles. */}}
{{- define "rayscope.serviceRules" -}}
# Ray is read, and never written: a write there could cost a second RayCluster. Nothing but get, list, watch, ever.
- apiGroups: [ray.io]
  resources: [rayservices]
  verbs: [get, list, watch]
- apiGroups: [ray.io]
  resources: [rayclusters]
  verbs: [list, watch]
# The monitors beside the services: made and mended by server-side apply (a patch, which needs create for what does not
# exist yet), pruned, and watched, so that one that somebody edits or deletes is restored.
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors, servicemonitors, prometheusrules]
  verbs: [list, watch, create, patch, delete]
# The headless Services by which a ServiceMonitor finds the pods, likewise; KubeRay's are never touched.
- apiGroups: [""]
  resources: [services]
  verbs: [list, watch, create, patch, delete]
# The exporter, one ConfigMap a namespace and version: created, restored, patched only where it has lost our labels, and
# deleted when nothing mounts it. Kubernetes cannot limit this to our own labels; Rayscope asks for no others.
- apiGroups: [""]
  resources: [configmaps]
  verbs: [list, watch, create, patch, delete]
# What the owners of services want, and what they are told. One is made where there is none, by metadata alone.
- apiGroups: [rayscope.dev]
  resources: [vllmmonitors]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [rayscope.dev]
  resources: [vllmmonitors/status]
  verbs: [patch]
# Whether a Prometheus takes the monitors, by their labels and their namespace's.
- apiGroups: [monitoring.coreos.com]
  resources: [prometheuses, prometheusagents]
  verbs: [list, watch]
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
# How many pods are injected, and run; and which exporters they still mount, before one is taken away.
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
# What a service's owner must know, on the RayService.
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}
