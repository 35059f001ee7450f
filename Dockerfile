# syntax=docker/dockerfile:1
ARG SWIFT_VERSION=6.3

FROM swift:${SWIFT_VERSION}-bookworm AS build
WORKDIR /src
COPY scripts/build-packages.txt scripts/
RUN apt-get update \
    && sed 's/#.*//' scripts/build-packages.txt | xargs apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/*
COPY Package.swift Package.resolved openapi.yaml ./
COPY Sources Sources
COPY Tests Tests
COPY Benchmarks Benchmarks
RUN swift build -c release --static-swift-stdlib --product vae-server \
    && install -s "$(swift build -c release --static-swift-stdlib --show-bin-path)/vae-server" /vae-server

FROM debian:bookworm-slim
RUN --mount=type=bind,source=scripts/runtime-packages.txt,target=/tmp/runtime-packages.txt \
    apt-get update \
    && sed 's/#.*//' /tmp/runtime-packages.txt | xargs apt-get install -y --no-install-recommends \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /vae-server /usr/local/bin/vae-server
COPY models /models
ENV VAE_HOST=0.0.0.0 VAE_PORT=8080 VAE_MODELS=/models VAE_DRAIN_DELAY=5
USER 65534:65534
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=2s CMD ["/usr/local/bin/vae-server", "--healthcheck"]
ENTRYPOINT ["/usr/local/bin/vae-server"]
