module example.com/srcdir

go 1.26
