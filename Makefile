# Two commands do everything: `make run` and `make test`. The rest are their parts.

CARGO ?= cargo
PROFILE ?= release
UI := web/ui
UI_SOURCES := $(shell find $(UI) -path $(UI)/node_modules -prune -o -path $(UI)/dist -prune -o -type f -print 2>/dev/null)

.PHONY: run build test packages fmt lint unit docs-check browser clean

## Builds screens and binary and starts the demonstration on the embedded database.
run: build
	target/$(PROFILE)/niyam serve --demo

build: $(UI)/dist/index.html
	$(CARGO) build --locked --profile $(PROFILE) --target-dir target -p niyam-web

$(UI)/node_modules/.package-lock.json: $(UI)/package-lock.json
	cd $(UI) && npm ci --no-audit --no-fund

$(UI)/dist/index.html: $(UI)/node_modules/.package-lock.json $(UI_SOURCES)
	cd $(UI) && npm run build

## Installs what the tests need, then runs all of them.
test: packages fmt lint unit docs-check browser

packages:
	sh tests/packages.sh

fmt:
	$(CARGO) fmt --all --check

lint:
	$(CARGO) lint
	$(CARGO) check -p niyam-web --features otel --locked

unit: $(UI)/dist/index.html
	$(CARGO) test --workspace --locked
	cd $(UI) && npm run check && npm test

docs-check:
	RUSTDOCFLAGS="-D warnings" $(CARGO) docs

browser: $(UI)/dist/index.html
	sh tests/browser/run.sh

clean:
	$(CARGO) clean
	rm -rf $(UI)/dist $(UI)/node_modules
