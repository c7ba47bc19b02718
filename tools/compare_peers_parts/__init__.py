"""The parts of tools/compare_peers. They need nothing but Python 3.10 and its standard library."""
