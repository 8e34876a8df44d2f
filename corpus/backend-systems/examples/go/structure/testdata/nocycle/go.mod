module example.com/nocycle

go 1.26
