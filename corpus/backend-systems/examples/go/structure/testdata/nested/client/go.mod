module example.com/nested/client

go 1.26
