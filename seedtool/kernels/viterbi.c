/* seedtool.viterbi.search for a block of lanes at a time, decision by decision what numpy does.
 *
 * A block's costs stay in the nearest cache; a step's decisions are one bit for each state. */
#include "points.h"

#define VECTORS 8
#define BLOCK (VECTORS * VECTOR) /* lanes; LANES in seedtool.accelerator */
#define STATES_MAX 32
#define SUBSETS 4
#define STEPS_BETWEEN 64 /* of taking the least cost off all */

typedef struct {
    rates rates;
    int32_t width; /* of a class in the rates, its point 0 in the middle */
    int32_t states;
    const int32_t *before; /* states x 2: by way into it the state before */
    const int32_t *subset; /* states x 2: and the subset taken there */
} trellis;

typedef floats block[VECTORS];

/* The points offered by each subset and their costs. `zero` is where each lane has its point 0
 * in the rates. */
INLINED void offer(const trellis *t, const block row, const block zero, block *best,
                   shorts *points) {
    for (int s = 0; s < SUBSETS; s++)
        for (int v = 0; v < VECTORS; v++) {
            const floats point =
                nearest(&t->rates, row[v], EVERY((float)s), zero[v], &best[s][v]);
            points[s * VECTORS + v] =
                __builtin_convertvector(__builtin_convertvector(point, ints), shorts);
        }
}

/* One step: the costs after it, and which way into each state was better. */
INLINED void extend(const trellis *t, const block *best, const block *cost, block *after,
                    ints *second) {
    ints chosen[VECTORS] = {0};
    for (int s = 0; s < t->states; s++) {
        const floats *from_a = cost[t->before[2 * s]], *from_b = cost[t->before[2 * s + 1]];
        const floats *by_a = best[t->subset[2 * s]], *by_b = best[t->subset[2 * s + 1]];
        const int32_t bit = (int32_t)((uint32_t)1 << s);
        for (int v = 0; v < VECTORS; v++) {
            const floats a = from_a[v] + by_a[v], b = from_b[v] + by_b[v];
            chosen[v] |= (b < a) & bit;
            after[s][v] = SELECT(b < a, b, a);
        }
    }
    for (int v = 0; v < VECTORS; v++)
        second[v] = chosen[v];
}

INLINED void take_off_least(const trellis *t, block *cost) {
    for (int v = 0; v < VECTORS; v++) {
        floats least = cost[0][v];
        for (int s = 1; s < t->states; s++)
            least = SELECT(cost[s][v] < least, cost[s][v], least);
        for (int s = 0; s < t->states; s++)
            cost[s][v] -= least;
    }
}

INLINED uint32_t cheapest(const trellis *t, const block *cost, int lane) {
    uint32_t state = 0;
    for (int s = 1; s < t->states; s++)
        if (((const float *)cost[s])[lane] < ((const float *)cost[state])[lane])
            state = (uint32_t)s;
    return state;
}

/* One block: `values`, `classes` and `points` have `lanes` elements a step, `n` are the block's. */
MULTIVERSIONED static void search_block(const trellis *t, const float *values,
                                        const uint8_t *classes, ptrdiff_t steps,
                                        ptrdiff_t lanes, int n, ints *second, shorts *near,
                                        int16_t *points) {
    block costs[2][STATES_MAX], best[SUBSETS], row = {{0}}, zero;
    uint32_t state[BLOCK];
    for (int v = 0; v < VECTORS; v++) {
        zero[v] = EVERY((float)(t->width / 2));
        for (int s = 0; s < t->states; s++)
            costs[0][s][v] = EVERY(s ? FAR : 0.0f);
    }
    for (ptrdiff_t step = 0; step < steps; step++) {
        for (int l = 0; l < n; l++)
            ((float *)row)[l] = values[step * lanes + l];
        if (classes)
            for (int l = 0; l < n; l++)
                ((float *)zero)[l] = (float)(classes[step * lanes + l] * t->width + t->width / 2);
        offer(t, row, zero, best, near + step * SUBSETS * VECTORS);
        extend(t, best, costs[step & 1], costs[~step & 1], second + step * VECTORS);
        if (step % STEPS_BETWEEN == STEPS_BETWEEN - 1)
            take_off_least(t, costs[~step & 1]);
    }
    for (int l = 0; l < n; l++)
        state[l] = cheapest(t, costs[steps & 1], l);
    for (ptrdiff_t step = steps - 1; step >= 0; step--) {
        const uint32_t *decisions = (const uint32_t *)(second + step * VECTORS);
        const int16_t *offered = (const int16_t *)(near + step * SUBSETS * VECTORS);
        for (int l = 0; l < n; l++) {
            const uint32_t way = 2 * state[l] + (decisions[l] >> state[l] & 1);
            points[step * lanes + l] = offered[t->subset[way] * BLOCK + l];
            state[l] = (uint32_t)t->before[way];
        }
    }
}

/* `values`, `classes` (or null) and `points`: steps x lanes. `costs`: `many` classes x width.
 * `second` and `near` are room for steps x BLOCK and steps x SUBSETS x BLOCK. */
PUBLIC void seedtool_search(const float *values, const uint8_t *classes, int64_t steps,
                            int64_t lanes, const float *costs, int32_t many, int32_t width,
                            int32_t states, const int32_t *before, const int32_t *subset,
                            uint32_t *second, int16_t *near, int16_t *points) {
    const trellis t = {{costs, (float)(many * width - 1)}, width, states, before, subset};
    for (int64_t at = 0; at < lanes; at += BLOCK) {
        const int n = lanes - at < BLOCK ? (int)(lanes - at) : BLOCK;
        search_block(&t, values + at, classes ? classes + at : NULL, steps, lanes, n,
                     (ints *)second, (shorts *)near, points + at);
    }
}
