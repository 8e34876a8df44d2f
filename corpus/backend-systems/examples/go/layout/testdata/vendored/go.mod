module example.com/vendored

go 1.26

require example.com/lib v0.1.0
