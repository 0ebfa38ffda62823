"""One function per TFLite operator: from a `Layer` of the file to nodes of the graph."""
