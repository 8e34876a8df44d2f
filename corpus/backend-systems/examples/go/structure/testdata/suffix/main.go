// Command suffix uses a function whose file is left out.
package main

func main() { exportReport() }
