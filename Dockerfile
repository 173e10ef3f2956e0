# The relay alone, as one static program in an image that holds nothing else. The sidecar belongs on its owner's
# machine, where the keychain is.
#
#   docker build -t a2a-relay .
#   docker run -p 8787:8787 -v a2a-relay:/data --read-only a2a-relay serve --public-url https://relay.example.org

FROM rust:1.95-bookworm AS build
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates musl-tools \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN target="$(uname -m)-unknown-linux-musl" \
 && rustup target add "$target" \
 && cargo build --locked --profile dist --target "$target" -p a2a-relay \
 && install -D "target/$target/dist/a2a-relay" /image/a2a-relay \
 && install -D /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
 && install -d -m 0700 -o 10001 -g 10001 /image/data

FROM scratch
COPY --from=build /image /
# A number, because there is no list of users: nobody in particular.
USER 10001:10001
VOLUME /data
EXPOSE 8787
ENV A2A_RELAY_HOME=/data \
    A2A_RELAY_LISTEN=0.0.0.0:8787 \
    A2A_RELAY_OPERATOR_LISTEN=127.0.0.1:8788
HEALTHCHECK --interval=30s --timeout=10s --start-period=5s CMD ["/a2a-relay", "health"]
ENTRYPOINT ["/a2a-relay"]
CMD ["serve"]
