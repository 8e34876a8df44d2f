FROM golang:1.26.8-trixie AS build
WORKDIR /src
COPY . .
# region: scratch
RUN CGO_ENABLED=0 go build -trimpath -tags timetzdata -o /out/api ./cmd/api && mkdir /out/tmp && chmod 1777 /out/tmp
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/tmp /tmp
COPY --from=build /out/api /api
USER 65532:65532
ENTRYPOINT ["/api"]
# endregion: scratch
