/* seedtool.viterbi.search for a block of lanes at a time, decision by decision what numpy does.
 *
 * A block's costs stay in the nearest cache; a step's decisions are one bit for each state. */
#include "kernels.h"

#define VECTORS 8
#define BLOCK (VECTORS * VECTOR) /* lanes; LANES in seedtool.accelerator */
#define STATES_MAX 32
#define SUBSETS 4
#define FAR 1e30f
#define STEPS_BETWEEN 64                /* of taking the least cost off all */
static const float ROUND = 12582912.0f; /* 1.5 * 2^23: added and taken off, it rounds to even */

typedef struct {
    const float *rates;    /* `classes` x `width`, a class's point 0 in its middle */
    int32_t width, classes;
    int32_t states;
    const int32_t *before; /* states x 2: by way into it the state before */
    const int32_t *subset; /* states x 2: and the subset taken there */
} trellis;

typedef floats block[VECTORS];

/* What points cost; they are held inside the table whatever they are, NaNs included. */
static inline floats cost_of(const trellis *t, floats point, floats row, floats first,
                             floats last) {
    floats at = point + first, rate;
    at = SELECT(at > 0.0f, at, EVERY(0.0f));
    at = SELECT(at < last, at, last);
    const ints place = __builtin_convertvector(at, ints);
    for (int l = 0; l < VECTOR; l++)
        rate[l] = t->rates[place[l]];
    return rate + (point - row) * (point - row);
}

/* Of each subset the cheaper of the nearest point and the one inwards of it. `first` is
 * where each lane has its point 0 in the rates. */
static inline void nearest(const trellis *t, const block row, const block first, block *best,
                           shorts *points) {
    const floats last = EVERY((float)(t->width * t->classes - 1));
    for (int s = 0; s < SUBSETS; s++) {
        const float subset = (float)s;
        for (int v = 0; v < VECTORS; v++) {
            const floats x = row[v];
            const floats near = (((x - subset) * 0.25f + ROUND) - ROUND) * 4.0f + subset;
            const floats four = EVERY(4.0f);
            const floats inner = near - (floats)(((ints)four & (near > 0.0f)) |
                                                 ((ints)-four & (near < 0.0f)));
            const floats near_cost = cost_of(t, near, x, first[v], last);
            const floats inner_cost = cost_of(t, inner, x, first[v], last);
            const ints inwards = inner_cost < near_cost;
            best[s][v] = SELECT(inwards, inner_cost, near_cost);
            const ints chosen = __builtin_convertvector(SELECT(inwards, inner, near), ints);
            points[s * VECTORS + v] = __builtin_convertvector(chosen, shorts);
        }
    }
}

/* One step: the costs after it, and which way into each state was better. */
static inline void extend(const trellis *t, const block *best, const block *cost, block *after,
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

static inline void take_off_least(const trellis *t, block *cost) {
    for (int v = 0; v < VECTORS; v++) {
        floats least = cost[0][v];
        for (int s = 1; s < t->states; s++)
            least = SELECT(cost[s][v] < least, cost[s][v], least);
        for (int s = 0; s < t->states; s++)
            cost[s][v] -= least;
    }
}

static inline uint32_t cheapest(const trellis *t, const block *cost, int lane) {
    uint32_t state = 0;
    for (int s = 1; s < t->states; s++)
        if (((const float *)cost[s])[lane] < ((const float *)cost[state])[lane])
            state = (uint32_t)s;
    return state;
}

/* One block: `values`, `classes` and `points` have `lanes` elements a step, `n` are the block's. */
MULTIVERSIONED static void search_block(const trellis *t, const float *values, const uint8_t *classes,
                                ptrdiff_t steps, ptrdiff_t lanes, int n, ints *second,
                                shorts *near, int16_t *points) {
    block costs[2][STATES_MAX], best[SUBSETS], row = {{0}}, first;
    uint32_t state[BLOCK];
    for (int v = 0; v < VECTORS; v++) {
        first[v] = EVERY((float)(t->width / 2));
        for (int s = 0; s < t->states; s++)
            costs[0][s][v] = EVERY(s ? FAR : 0.0f);
    }
    for (ptrdiff_t step = 0; step < steps; step++) {
        for (int l = 0; l < n; l++)
            ((float *)row)[l] = values[step * lanes + l];
        if (classes)
            for (int l = 0; l < n; l++)
                ((float *)first)[l] = (float)(classes[step * lanes + l] * t->width + t->width / 2);
        nearest(t, row, first, best, near + step * SUBSETS * VECTORS);
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

/* `values`, `classes` (or null) and `points`: steps x lanes. `rates`: how many classes x width.
 * `second` and `near` are room for steps x BLOCK and steps x SUBSETS x BLOCK. */
PUBLIC void seedtool_search(const float *values, const uint8_t *classes, int64_t steps,
                            int64_t lanes, const float *rates, int32_t many, int32_t width,
                            int32_t states, const int32_t *before, const int32_t *subset,
                            uint32_t *second, int16_t *near, int16_t *points) {
    const trellis t = {rates, width, many, states, before, subset};
    for (int64_t at = 0; at < lanes; at += BLOCK) {
        const int n = lanes - at < BLOCK ? (int)(lanes - at) : BLOCK;
        search_block(&t, values + at, classes ? classes + at : NULL, steps, lanes, n,
                     (ints *)second, (shorts *)near, points + at);
    }
}
