module example.com/forgotten

go 1.26
