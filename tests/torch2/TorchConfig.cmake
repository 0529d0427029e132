# Stands in for the TorchConfig.cmake of PyPI's CUDA wheel, which asks for nvcc: core needs only the CPU libraries.
# SELFSIGHT_TORCH is the folder of the Python package `torch`.
set(TORCH_INCLUDE_DIRS ${SELFSIGHT_TORCH}/include ${SELFSIGHT_TORCH}/include/torch/csrc/api/include)
set(TORCH_LIBRARIES ${SELFSIGHT_TORCH}/lib/libtorch_cpu.so ${SELFSIGHT_TORCH}/lib/libc10.so)
set(Torch_FOUND TRUE)
