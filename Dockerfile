# Two stages of one Swift release on Debian 12: what is built in the first runs on the same
# librdkafka, SQLite, simdjson, PCRE2, mimalloc, CLD2, fastText and Swift libraries in the second.
#
# Swift is not linked statically: a static Foundation leaves out the time zones, silently, and
# sessions that are cut at midnight of a zone need them.
ARG SWIFT_VERSION=6.2

FROM swift:${SWIFT_VERSION}-bookworm AS builder
WORKDIR /src
COPY scripts/setup scripts/setup
RUN scripts/setup --no-build --text && rm -rf /var/lib/apt/lists/*
# The packages are resolved before the sources are copied, so that a change of ours does not fetch
# them again.
COPY Package.swift ./
RUN swift package resolve
COPY Sources Sources
# Not built here, but SwiftPM wants to see every target that the manifest names.
COPY Tests Tests
COPY Benchmarks/driver Benchmarks/driver
RUN swift build --configuration release --product millrace \
    && install -D --strip "$(swift build --configuration release --show-bin-path)/millrace" \
        /out/usr/local/bin/millrace

FROM swift:${SWIFT_VERSION}-bookworm-slim
# ca-certificates: TLS to the brokers. tzdata: the time zones.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates tzdata librdkafka1 libsqlite3-0 libsimdjson14 libpcre2-8-0 libmimalloc2.0 libcurl4 \
        libcld2-0 libfasttext0 \
    && rm -rf /var/lib/apt/lists/*
# State belongs to the user that runs the process and to a volume, not to the image.
RUN useradd --system --uid 10001 --home-dir /var/lib/millrace --create-home millrace
COPY --from=builder /out/ /
COPY Topologies /etc/millrace/topologies
USER millrace
WORKDIR /var/lib/millrace
VOLUME /var/lib/millrace
ENTRYPOINT ["millrace"]
CMD ["--help"]
