FROM golang:1.26.8-trixie AS build
WORKDIR /src
COPY . .
# region: scratch
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata -o /root-of-image/api ./cmd/api \
    && mkdir -m 1777 /root-of-image/tmp
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /root-of-image/ /
USER 65532:65532
ENTRYPOINT ["/api"]
# endregion: scratch
