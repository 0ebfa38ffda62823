"""The version of tinygen, written into everything that it generates."""

VERSION = "0.1.0"
