// Command nocycle is the only place that knows both packages.
package main

import (
	"fmt"

	"example.com/nocycle/customer"
	"example.com/nocycle/order"
)

func main() {
	fmt.Println(order.Sum(customer.Directory{"ada": true}, "ada"))
}
