"""Support vector machines with kernels: sums of a function of the product or distance to stored rows."""
