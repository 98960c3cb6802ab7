module rayscope.dev/plane/helm-schema

go 1.26

require github.com/losisin/helm-values-schema-json v1.6.4
