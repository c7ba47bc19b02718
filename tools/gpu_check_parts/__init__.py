"""The parts of tools/gpu_check. They need nothing but Python 3.8 and its standard library."""
