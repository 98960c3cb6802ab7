module rayscope.dev/plane/helm-docs

go 1.26

require github.com/norwoodj/helm-docs v1.14.2
