module example.com/testnocycle

go 1.26
