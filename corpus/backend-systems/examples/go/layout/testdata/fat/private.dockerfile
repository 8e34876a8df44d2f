# syntax=docker/dockerfile:1
FROM golang:1.26.8-trixie AS build
WORKDIR /src
COPY go.mod go.sum ./
# region: private-modules
ENV GOPRIVATE=git.example.com
RUN --mount=type=secret,id=netrc,target=/root/.netrc \
    --mount=type=cache,target=/go/pkg/mod \
    go mod download
# endregion: private-modules
