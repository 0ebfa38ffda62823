"""Support vector machines to KernelSums nodes: stored rows as int8 or int16, kernels as tables."""
