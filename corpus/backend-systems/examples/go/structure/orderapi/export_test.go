package orderapi

// region: export-test
// Status opens an internal function to the tests of package orderapi_test, and to nobody else.
var Status = status

// endregion: export-test
