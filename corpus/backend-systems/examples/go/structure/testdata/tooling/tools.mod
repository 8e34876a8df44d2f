module example.com/tooling

go 1.26

tool example.com/tooling/internal/goodbye
