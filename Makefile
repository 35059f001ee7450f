# Two commands do everything on a Debian 12 machine with a Swift toolchain: `make serve` and `make test`.

PORT ?= 8080
MODELS ?= models
BUILD = swift build -c release --static-swift-stdlib --explicit-target-dependency-import-check error

.PHONY: serve test build bench format clean

serve: build  ## Install what is missing, build, and serve models/ on port 8080
	exec "$$($(BUILD) --show-bin-path)/vae-server" --port $(PORT) --models $(MODELS)

test:  ## Install what is missing, and run the whole suite
	scripts/setup.sh test
	scripts/test.sh

build:
	scripts/setup.sh build
	$(BUILD)

bench: build  ## Measure the server on this machine, against a bare echo and the same models in Python
	scripts/setup.sh bench
	Benchmarks/serving/run.py

format:
	swift format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

clean:
	rm -rf .build .venv .venv-bench
