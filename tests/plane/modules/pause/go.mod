module rayscope.dev/plane/pause

go 1.26
