# The commands of Millrace's house. `make` alone lists them.
#
# Everything is built once, in release configuration. The tests are run with --skip-build because
# `swift test` would build with other flags and compile the whole package again.

MILLRACE := .build/release/millrace
TOPOLOGIES := $(wildcard Topologies/*.yaml)

# How long the demo runs, or the chaos, and how long the fuzz target mutates.
SECONDS = 30
chaos: SECONDS = 600
FUZZ_SECONDS = 60

# How many rows of each model are compared with the library that made it.
ROWS = 10000

# Which runs of the simulation: SEED alone replays one; else SEEDS from FIRST on. The chaos takes
# SEED too.
SEED =
SEEDS = 1000
FIRST = 1

SWIFT_TEST := swift test --configuration release --skip-build --disable-xctest

.DEFAULT_GOAL := help
.PHONY: help demo test check real-data integration conformance model-parity avro-parity sentiment-parity sentiment-accuracy linkage-marks registry simulate chaos bench bench-driver fuzz clean \
	setup setup-tests setup-packages lint unit topologies compose
# The order of the prerequisites is the order of the output, also under `make -j`.
.NOTPARALLEL:

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: setup ## run the whole customer journey on sample events, no Kafka needed (SECONDS=30)
	$(MILLRACE) demo --seconds $(SECONDS)

# The integration tests come last, so that the test runner's summary is the last thing to read.
test: check real-data avro-parity sentiment-parity linkage-marks registry integration ## everything below but chaos, bench and fuzz

check: lint unit topologies compose ## format, build with warnings as errors, fast tests, topologies

real-data: setup-tests ## the 3,605 labelled sessions of a public clickstream, found again
	scripts/real-data

integration: setup-tests ## the tests that need a broker; they start one of their own
	scripts/integration-tests

# MILLRACE_CONFORMANCE_DATA names a folder with `cel` and `json-schema-test-suite`.
conformance: setup-tests ## the official suites of CEL and JSON Schema: passed of all there are
	$(SWIFT_TEST) --filter 'CELTests.ConformanceTests|JSONSchemaTests.ConformanceTests'

model-parity: setup-tests ## predictions and contributions against XGBoost and LightGBM, from PyPI (ROWS=10000)
	scripts/model-parity --rows $(ROWS)

# The cases come from a virtual environment with fastavro, which is made for it.
avro-parity: setup-tests ## 20,000 random Avro schemas and values, against fastavro (SEED=1)
	scripts/avro-parity $(or $(SEED),1)

sentiment-parity: setup-tests ## 20,000 random texts, against VADER's reference implementation (SEED=1)
	scripts/sentiment-parity $(or $(SEED),1)

sentiment-accuracy: setup ## how often the operator sentiment agrees with people
	scripts/sentiment-accuracy

linkage-marks: setup-tests ## records of the same person, found again in fake_1000 and febrl1 to febrl4
	scripts/linkage-marks

registry: setup-tests ## the client of schema registries, against an HTTP server that errs
	scripts/registry-tests

simulate: setup-tests ## crashes, rebalances and errors by seed (SEEDS=1000 FIRST=1, or SEED=42)
	MILLRACE_SIMULATION_SEED=$(SEED) MILLRACE_SIMULATION_SEEDS=$(SEEDS) \
	MILLRACE_SIMULATION_FIRST=$(FIRST) $(SWIFT_TEST) --filter SimulationTests.exactlyOnce

chaos: setup-tests ## kills, stalls, joins and broker restarts, on a broker (SECONDS=600 SEED=42)
	MILLRACE_CHAOS_SECONDS=$(SECONDS) MILLRACE_CHAOS_SEED=$(SEED) \
	scripts/with-broker $(SWIFT_TEST) --filter IntegrationTests.ChaosTests

bench: bench-driver ## the speed in the process, then against a plain C loop on the same broker
	Benchmarks/run

bench-driver: setup ## events a second and allocations per record in the process, no broker
	.build/release/DriverBenchmark

fuzz: setup-tests ## parse and the YAML loader over mutated input (FUZZ_SECONDS=60)
	MILLRACE_FUZZ_SECONDS=$(FUZZ_SECONDS) $(SWIFT_TEST) --filter FuzzTests

clean: ## remove what was built, downloaded and stored
	rm -rf .build .build-data .build-bench .build-test-broker .millrace

setup:
	@scripts/setup

setup-tests:
	@scripts/setup --tests

setup-packages:
	@scripts/setup --no-build

lint: setup-packages
	swift format lint --strict --parallel --recursive Package.swift Sources Tests Benchmarks

unit: setup-tests
	$(SWIFT_TEST) --skip IntegrationTests --skip FuzzTests

topologies: setup-tests
	$(MILLRACE) check $(TOPOLOGIES)
	$(MILLRACE) test $(TOPOLOGIES)

compose:
	scripts/check-compose
