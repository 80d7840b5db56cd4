module github.com/groundwork-dev/groundwork/sandbox/cert-manager

go 1.26.0
