"""The bundled LORIS server with synthetic data, for trying the program and for its tests."""
