/* The points of a subset of the grid that are worth a look, for some lanes at once. */
#ifndef SEEDTOOL_POINTS_H
#define SEEDTOOL_POINTS_H

#include "kernels.h"

#define FAR 1e30f
static const float ROUND = 12582912.0f; /* 1.5 * 2^23: added and taken off, it rounds to even */

/* What points cost in bits, all classes in a row, and the last place there. */
typedef struct {
    const float *of;
    float last;
} rates;

/* Distance and rate; places are held inside the rates whatever they are, NaNs included. */
INLINED floats cost_of(const rates *r, floats point, floats x, floats zero) {
    floats at = point + zero, rate;
    at = SELECT(at > 0.0f, at, EVERY(0.0f));
    at = SELECT(at < r->last, at, EVERY(r->last));
    const ints place = __builtin_convertvector(at, ints);
    for (int l = 0; l < VECTOR; l++)
        rate[l] = r->of[place[l]];
    return rate + (point - x) * (point - x);
}

/* The cheaper of the point of `subset` nearest to `x` and the one inwards of it, and its cost.
 * `zero`: where the rates of `x`'s class have point 0. */
INLINED floats nearest(const rates *r, floats x, floats subset, floats zero, floats *cost) {
    const floats near = (((x - subset) * 0.25f + ROUND) - ROUND) * 4.0f + subset;
    const floats four = EVERY(4.0f);
    const floats inner =
        near - (floats)(((ints)four & (near > 0.0f)) | ((ints)-four & (near < 0.0f)));
    const floats near_cost = cost_of(r, near, x, zero), inner_cost = cost_of(r, inner, x, zero);
    const ints inwards = inner_cost < near_cost;
    *cost = SELECT(inwards, inner_cost, near_cost);
    return SELECT(inwards, inner, near);
}

#endif
