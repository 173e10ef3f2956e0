# The relay alone. The sidecar belongs on its owner's machine, where the keychain is.
#
#   docker build -t a2a-relay .
#   docker run -p 8787:8787 -v a2a-relay:/data a2a-relay --public-url https://relay.example.org

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --profile dist -p a2a-relay

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --home-dir /data relay && mkdir /data && chown relay:relay /data
COPY --from=build /src/target/dist/a2a-relay /usr/local/bin/a2a-relay
USER relay
VOLUME /data
EXPOSE 8787
ENV A2A_RELAY_LISTEN=0.0.0.0:8787 A2A_RELAY_STORE=sqlite:/data/relay.db
ENTRYPOINT ["a2a-relay", "serve"]
