# docker build -t oktaws .   →   one static binary, the certificates that it trusts, a folder for its store, and one for
# what oktaws check makes and removes again.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/oktaws ./cmd/oktaws \
 && mkdir -m 0700 /out/data /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/oktaws /oktaws
# A volume that is made anew takes over the owner and the mode.
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build --chown=65532:65532 /out/tmp /tmp
USER 65532:65532
ENV OKTAWS_DATA_DIR=/data
VOLUME /data
ENTRYPOINT ["/oktaws"]
CMD ["serve"]
