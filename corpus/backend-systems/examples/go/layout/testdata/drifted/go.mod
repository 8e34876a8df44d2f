module example.com/drifted

go 1.26

require example.com/lib v0.2.0
