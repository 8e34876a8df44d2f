// Command mixed shares its folder with another package.
package main

func main() {}
