# The image of the server: one static binary on an empty file system.
#
#   docker build --tag prefab .                           compiles the source
#   docker build --tag prefab --target from-binary .      uses the folder dist/image, which
#                                                         packaging/image/root-folder.sh creates from a binary
#
# The image runs with a read-only root file system and any user; only /data is written.

FROM rust:1.95-alpine AS build
# hadolint ignore=DL3018
RUN apk add --no-cache build-base ca-certificates
WORKDIR /src
COPY . .
RUN cargo build --locked --profile dist --package prefab-cli --target-dir /build \
  && packaging/image/root-folder.sh /build/dist/prefab /image

FROM scratch AS settings
# The default address, 127.0.0.1, would not be reachable from outside the container.
ENV PREFAB_SERVER_LISTEN=0.0.0.0:8742 \
  PREFAB_SERVER_DATA_DIR=/data \
  SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
EXPOSE 8742
# With https, set PREFAB_URL=https://… and add --insecure.
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["/usr/bin/prefab", "healthcheck"]
ENTRYPOINT ["/usr/bin/prefab"]
CMD ["serve"]

FROM settings AS from-binary
COPY dist/image/root/ /
COPY --chown=65532:65532 dist/image/data/ /data/
VOLUME ["/data"]
# SQLite creates temporary files in the working directory if there is no /tmp.
WORKDIR /data
USER 65532:65532

FROM settings AS from-source
COPY --from=build /image/root/ /
COPY --from=build --chown=65532:65532 /image/data/ /data/
VOLUME ["/data"]
WORKDIR /data
USER 65532:65532
