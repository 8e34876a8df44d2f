module example.com/service

go 1.26

require example.com/lib v1.2.0
