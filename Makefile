# Every target works in a fresh clone; `make` alone lists them.

GO            ?= go
BIN           := bin/bootstrap
VERSION       ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
LDFLAGS       := -s -w -X github.com/groundwork-dev/groundwork/internal/cli.buildVersion=$(VERSION)
GOLANGCI      := v2.15.0
GITLEAKS      := v8.30.1
KUBESCORE     := v1.20.0
ACTIONLINT    := v1.7.12
YAMLFMT       := v0.21.0
CYCLONEDX     := v1.9.0
GITHUB_API    := 23.0.2
TOOLS         := .cache/tools
LINTER        := $(TOOLS)/golangci-lint-$(GOLANGCI)/golangci-lint
LEAKFINDER    := $(TOOLS)/gitleaks-$(GITLEAKS)/gitleaks
ACT           := v0.2.89
WORKFLOWLINT  := $(TOOLS)/actionlint-$(ACTIONLINT)/actionlint
RUNNER        := $(TOOLS)/act-$(ACT)/act
FORMATTER     := $(TOOLS)/yamlfmt-$(YAMLFMT)/yamlfmt
BILL          := $(TOOLS)/cyclonedx-$(CYCLONEDX)/cyclonedx-gomod
SCORER        := $(TOOLS)/kube-score-$(KUBESCORE)/kube-score
E2E_TIMEOUT   ?= 40m
E2E_PARALLEL  ?= 2
E2E            = $(GO) test -tags e2e -count=1 -timeout $(E2E_TIMEOUT) -v
DEMO_FLAGS    ?=

# One flag set for every target, so that they share one build cache. The module
# files are read as they are: a build that would change them fails.
export CGO_ENABLED := 0
export GOFLAGS     := -trimpath -mod=readonly

.DEFAULT_GOAL := help
.PHONY: help build test aws-test lint actionlint yamlfmt dist secrets secrets-staged fmt generate check validate kustomize score e2e demo deps github-api linkcheck bench clean FORCE

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9/-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build bin/bootstrap, and what it starts for validate and diff
	$(GO) build -ldflags '$(LDFLAGS)' -o $(dir $(BIN)) ./cmd/bootstrap ./cmd/bootstrap-validate

bin/bootstrap-kops: FORCE ## Build what `bootstrap cluster` starts (minutes when cold)
	$(GO) build -ldflags '$(LDFLAGS)' -o $@ ./cmd/bootstrap-kops

# Go knows what is up to date.
FORCE:

test: build ## Run the unit tests, and check that the committed trees are current and right
	$(GO) test ./...
	$(BIN) generate --check
	$(BIN) validate

aws-test: build bin/bootstrap-kops ## Hold the Terraform to Terraform itself, offline (needs terraform, a provider mirror, moto)
	$(GO) test -tags aws -count=1 -timeout 30m ./test/aws/...

lint: $(LINTER) actionlint ## Run the linters and the formatter's check
	$(LINTER) run --build-tags e2e,aws ./...
	$(LINTER) fmt --diff ./...

actionlint: $(WORKFLOWLINT) ## Check the workflows, with shellcheck where it is installed
	$(WORKFLOWLINT)

$(WORKFLOWLINT):
	GOBIN='$(abspath $(@D))' $(GO) install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT)

yamlfmt: $(FORMATTER) ## Format the YAML that people write
	$(FORMATTER) -conf .yamlfmt.yaml

$(FORMATTER):
	GOBIN='$(abspath $(@D))' $(GO) install github.com/google/yamlfmt/cmd/yamlfmt@$(YAMLFMT)

PROGRAMS := bootstrap bootstrap-validate bootstrap-kops

dist: $(BILL) ## Build what a release holds, the same each time: executables, what is in them, checksums
	rm -rf dist && mkdir dist
	for arch in amd64 arm64; do for program in $(PROGRAMS); do \
	  GOOS=linux GOARCH=$$arch $(GO) build -buildvcs=false -ldflags '$(LDFLAGS)' -o dist/$$program-linux-$$arch ./cmd/$$program && \
	  $(BILL) bin -json -noserial -output dist/$$program-linux-$$arch.cdx.json dist/$$program-linux-$$arch && sed -i '/"timestamp": /d' dist/$$program-linux-$$arch.cdx.json || exit 1; \
	done; done
	cd dist && sha256sum -- * >SHA256SUMS

$(BILL):
	GOBIN='$(abspath $(@D))' $(GO) install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$(CYCLONEDX)

fmt: $(LINTER) ## Format the Go code
	$(LINTER) fmt ./...

$(LINTER):
	GOBIN='$(abspath $(@D))' $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)

secrets: $(LEAKFINDER) ## Search the files and the history for secrets
	$(LEAKFINDER) git --no-banner --redact .

secrets-staged: $(LEAKFINDER) ## Search what is about to be committed for secrets
	$(LEAKFINDER) git --staged --no-banner --redact .

$(LEAKFINDER):
	GOBIN='$(abspath $(@D))' $(GO) install github.com/zricethezav/gitleaks/v8@$(GITLEAKS)

generate: build ## Write the trees that platform.yaml describes, and the JSON schema
	$(GO) test ./internal/config -run Schema -update
	$(BIN) generate

check: build kustomize ## Fail when a generated file differs, or a kustomization does not build
	$(BIN) generate --check

validate: build ## Prove the committed trees right
	$(BIN) validate

kustomize: ## Build every kustomization with plain kubectl (or kustomize from go.mod)
	@scripts/kustomize-all

score: $(SCORER) ## Ask kube-score about every generated manifest
	@scripts/score $(SCORER)

$(SCORER):
	GOBIN='$(abspath $(@D))' $(GO) install github.com/zegl/kube-score/cmd/kube-score@$(KUBESCORE)

$(RUNNER):
	GOBIN='$(abspath $(@D))' $(GO) install github.com/nektos/act@$(ACT)

# The long ones first: they decide how long all of it takes. The one that says how
# soon a build is served has the machine to itself, at the end.
e2e: export GROUNDWORK_ACT := $(abspath $(RUNNER))
e2e: build deps $(RUNNER) ## Prove the main job on a real cluster (Linux, root)
	failed=0; \
	$(E2E) -p $(E2E_PARALLEL) -skip '^TestBuildsReachDev$$' ./test/e2e ./test/e2e/whole ./test/e2e/workflows ./test/e2e/... ./internal/sandbox || failed=1; \
	$(E2E) -run '^TestBuildsReachDev$$' ./test/e2e || failed=1; \
	exit $$failed

demo: build deps ## Play the whole line on a real cluster in a sandbox (Linux, root)
	$(BIN) demo $(DEMO_FLAGS)

# The sandbox needs a few Debian packages to build its node; off Debian or
# without root, the command only says what is missing.
deps: build
	$(BIN) sandbox deps --install

github-api: ## Cut what internal/forge calls out of GitHub's OpenAPI description (needs npm)
	rm -rf .cache/github-api && mkdir -p .cache/github-api
	cd .cache/github-api && npm pack --silent @octokit/openapi@$(GITHUB_API) && tar xzf octokit-openapi-$(GITHUB_API).tgz package/generated/api.github.com.json
	$(GO) run ./internal/forge/githubfake/cut .cache/github-api/package/generated/api.github.com.json internal/forge/githubfake/operations.txt internal/forge/githubfake/testdata/api.github.com.json.gz

linkcheck: ## Link Flux, kops and Argo CD in one program (minutes when cold)
	$(GO) build -tags linkcheck -o /dev/null ./internal/linkcheck

bench: build ## Measure start-up and generate, beside the peers
	benchmarks/run startup generate growth

clean: ## Remove what this Makefile built (not the user's sandbox cache)
	rm -rf bin .cache dist
