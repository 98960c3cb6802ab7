module rayscope.dev/plane/cert-manager

go 1.26

require github.com/cert-manager/cert-manager v1.19.1
