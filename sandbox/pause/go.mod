module github.com/groundwork-dev/groundwork/sandbox/pause

go 1.26.0
