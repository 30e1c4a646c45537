/* What seedtool/accelerator.py must find before it calls anything. */
#include "kernels.h"

/* Goes up with every change of what a kernel is given: a build of other sources is not used. */
PUBLIC int32_t seedtool_kernels_version(void) { return 2; }

/* The name that builders of extension modules export; nothing imports it. */
PUBLIC void *PyInit__kernels(void) { return NULL; }
