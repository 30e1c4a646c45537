"""The kernels of seedtool/accelerator.py, for what pyproject.toml has no settled way to say yet.

Where they can't be compiled the package is installed without them. They know
nothing of Python: one build serves every version.
"""

from sysconfig import get_config_var

from setuptools import Extension, setup

KERNELS = Extension(
    "seedtool._kernels",
    sources=[f"seedtool/kernels/{name}.c" for name in ("feedback", "module", "rans", "viterbi")],
    depends=["seedtool/kernels/kernels.h", "seedtool/kernels/points.h"],
    # A product fused with a sum would be rounded otherwise than numpy's: other points.
    extra_compile_args=["-std=gnu11", "-O3", "-ffp-contract=off", "-fvisibility=hidden"],
    py_limited_api=True,
    optional=True,
)

setup(
    ext_modules=[KERNELS],
    # Python without its lock has no stable interface, and setuptools refuses to name it.
    options={"bdist_wheel": {"py_limited_api": "cp310"}}
    if not get_config_var("Py_GIL_DISABLED")
    else {},
)
