"""What `make bench` runs: lists from a fixed seed, the same job written the usual ways, and the measuring of both."""
