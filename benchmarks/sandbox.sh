# Sourced by install and latency: a sandbox of their own with an empty
# repository, removed at the end. Sets $bootstrap, $work, $repository and the
# sandbox's environment.
# shellcheck shell=bash

((BASH_VERSINFO[0] >= 5)) || { echo "benchmarks: bash 5 is needed" >&2; exit 1; }
make --no-print-directory build deps >&2
bootstrap=$PWD/bin/bootstrap
sandbox=bench-$$
work=$(mktemp -d)
# Invoked by the trap.
# shellcheck disable=SC2329
remove() {
  "$bootstrap" sandbox down --name "$sandbox" >&2 || true
  rm -rf "$work"
}
trap remove EXIT
"$bootstrap" sandbox up --name "$sandbox" --foreground=false --dir . >&2

# value KEY: one variable of the sandbox's environment.
value() { "$bootstrap" sandbox env --name "$sandbox" --output json | sed -n "s/^ *\"$1\": *\"\(.*\)\",\{0,1\}$/\1/p"; }
for key in KUBECONFIG HTTPS_PROXY SSL_CERT_FILE GROUNDWORK_GIT_TOKEN; do
  export "$key=$(value "$key")"
  [[ -n ${!key} ]] || { echo "benchmarks: the sandbox gives no $key" >&2; exit 1; }
done
export GIT_SSL_CAINFO=$SSL_CERT_FILE
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@groundwork.test
export GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@groundwork.test

# new_repository NAME: an empty repository at the forge; sets $repository.
new_repository() {
  repository=$(curl -fsS --cacert "$SSL_CERT_FILE" -H "Authorization: token $GROUNDWORK_GIT_TOKEN" -H 'Content-Type: application/json' \
    -d "{\"name\": \"$1\", \"private\": true}" https://forge.sandbox.test/api/v1/user/repos | sed -n 's/.*"clone_url":"\([^"]*\)".*/\1/p')
  [[ -n $repository ]] || { echo "benchmarks: the forge made no repository" >&2; exit 1; }
}

# write_platform DIR: a platform with one cluster, dev, and no component.
write_platform() {
  mkdir -p "$1"
  cat >"$1/platform.yaml" <<YAML
apiVersion: groundwork.dev/v1alpha1
kind: Platform
metadata:
  name: bench
spec:
  repository:
    url: $repository
    branch: main
    provider: gitea
  aws:
    accountID: "123456789012"
    region: eu-central-1
    zones: [eu-central-1a]
  clusters:
    dev:
      size: small
      domain: dev.bench.example.com
      components: {}
YAML
}

# run_bootstrap DIR REPORT: bootstrap run, its report in a file.
run_bootstrap() { "$bootstrap" run --cluster dev --dir "$1" --webhook-url http://webhook-receiver.flux-system.svc.cluster.local --output json >"$2"; }

# summary FILE: count, median and 95th percentile of one number a line.
summary() { sort -n "$1" | awk '{v[NR]=$1} END {printf "n %d  p50 %.2fs  p95 %.2fs  max %.2fs\n", NR, v[int((NR+1)/2)], v[int(NR*.95+.9999)], v[NR]}'; }
since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN {printf "%.3f\n", b-a}'; }
