package main

func Example() {
	main()
	// Output:
	// commit, then effect:      6 sent, 4 applied
	// effect, then commit:      6 sent, 8 applied, 0 duplicates skipped
	// the same with an inbox:   6 sent, 6 applied, 2 duplicates skipped
}
