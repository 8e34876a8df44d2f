#!/bin/sh
# region: generated
set -eu
go generate ./...
go mod tidy -diff
git diff --exit-code
test -z "$(git status --porcelain)"
# endregion: generated
