// region: ignore
module example.com/ignored

go 1.26

ignore ./web/node_modules

// endregion: ignore
