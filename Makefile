# make, or make help, says what there is. It all works on a machine with Go (and, for the tests, a C compiler and a
# Chromium, which is installed on Debian): the tools are built from .ci/tools/go.mod, pinned, and apart from the program's own dependencies.

GO       ?= go
GO_NEEDS := 1.26
TOOL     := $(GO) tool -modfile=.ci/tools/go.mod
PACKAGES ?= ./...

.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: go ## run Slack, Okta and AWS in the browser, with oktaws at work in them, until Ctrl-C (SCENARIO=50-accounts for another beginning)
	@echo "Building, which takes a minute or two the first time …"
	@CGO_ENABLED=0 $(GO) build -o bin/ ./cmd/oktaws-sandbox
	@exec bin/oktaws-sandbox demo $(if $(SCENARIO),--scenario $(SCENARIO))

.PHONY: story
story: go ## play the whole story, from /oktaws link to linked, against a Slack, an Okta and an AWS on this machine
	@CGO_ENABLED=0 $(GO) run ./cmd/oktaws-sandbox story

.PHONY: test
test: go cc browser ## run all tests, with the race detector, and count them (PACKAGES=./bot/... for some)
	@CGO_ENABLED=1 $(TOOL) gotestsum --format pkgname-and-test-fails --format-hide-empty-pkg -- -race -parallel 4 -timeout 20m $(PACKAGES)

.PHONY: test-long
test-long: go ## live through 2,000 random sequences and cut every call of a life both ways: about a quarter of an hour on two idle cores
	OKTAWS_TEST_LONG=1 $(GO) test -count=1 -parallel 4 -timeout 60m -v -run TestRandomLives ./internal/life -rapid.checks=500
	OKTAWS_TEST_LONG=1 $(GO) test -count=1 -timeout 60m -v -run TestInterruptedAnywhere ./internal/app

.PHONY: lint
lint: go ## look for mistakes, unformatted code and wrong arrows between packages (the first time takes minutes)
	@$(TOOL) golangci-lint run $(PACKAGES)

.PHONY: screenshots
screenshots: go browser ## take the pictures of the sandbox's pages in docs/images anew
	$(GO) test ./cmd/oktaws-sandbox -count=1 -run TestTour -args -screenshots=$(CURDIR)/docs/images

.PHONY: build
build: go ## build bin/oktaws and bin/oktaws-sandbox
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/...

.PHONY: clean
clean: ## remove what was built
	rm -rf bin

# What a machine may lack, and what to do then.

.PHONY: go
go:
	@version=$$($(GO) env GOVERSION 2>/dev/null) || { echo "Go is missing: install Go $(GO_NEEDS) or newer from https://go.dev/dl/" >&2; exit 1; }; \
	case "$$version" in go*) ;; *) exit 0 ;; esac; \
	oldest=$$(printf '%s\n' "go$(GO_NEEDS)" "$$version" | sort -V | head -n 1); \
	[ "$$oldest" = "go$(GO_NEEDS)" ] || { echo "$$version is too old: install Go $(GO_NEEDS) or newer from https://go.dev/dl/" >&2; exit 1; }

.PHONY: cc
cc:
	@command -v $$($(GO) env CC) >/dev/null 2>&1 || { echo "The race detector needs a C compiler, and there is no $$($(GO) env CC): install gcc (Debian, Ubuntu: apt-get install gcc libc6-dev; Fedora: dnf install gcc; Alpine: apk add gcc musl-dev; macOS: xcode-select --install)" >&2; exit 1; }

.PHONY: browser
browser:
	@.ci/browser
