# Chihaya in a container:
#
#   docker build -t chihaya .
#   docker run -d --name tracker -p 6881:6881/tcp -p 6881:6881/udp -p 127.0.0.1:6880:6880 \
#     -v chihaya:/var/lib/chihaya --stop-timeout 60 chihaya
#
# A configuration of your own: -v $PWD/my.json:/etc/chihaya/chihaya.json:ro; `docker kill -s HUP tracker`
# has it read again.
FROM debian:bookworm AS build
WORKDIR /src
COPY packaging/install_packages.sh packaging/
RUN packaging/install_packages.sh build package
COPY . .
RUN packaging/build_packages.sh /packages && rm -f /packages/chihaya-dev_*

FROM debian:bookworm-slim
RUN --mount=type=bind,from=build,source=/packages,target=/packages \
    apt-get update -qq && \
    apt-get install -y -qq --no-install-recommends ca-certificates /packages/*.deb && \
    rm -rf /var/lib/apt/lists/*
COPY packaging/docker/chihaya.json /etc/chihaya/chihaya.json
USER chihaya
VOLUME /var/lib/chihaya
EXPOSE 6881/tcp 6881/udp 6880/tcp
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/6880 && printf 'GET /check HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.. 200' <&3"]
ENTRYPOINT ["chihaya"]
CMD ["--config", "/etc/chihaya/chihaya.json"]
