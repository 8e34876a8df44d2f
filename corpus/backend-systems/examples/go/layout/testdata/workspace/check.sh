# region: without-workspace
set -eu
for module in lib service; do
	(cd "$module" && GOWORK=off go vet ./... && GOWORK=off go test ./...)
done
# endregion: without-workspace
