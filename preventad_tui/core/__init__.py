"""The engine and all rules of the program; imports neither the interface nor its toolkit."""
