/* seedtool.feedback for a block of columns, row after row: the best path of a row whose every
 * state has its own idea of what the columns to come should be, after the errors behind it. */
#include "points.h"

#define STATES_MAX 32
#define COLUMNS_MAX 64 /* COLUMNS_MAX in seedtool.accelerator */
#define UNROLLED 8 /* columns; they are a multiple of it */

typedef struct {
    rates rates;
    int32_t states;
    const int32_t *before; /* states x 2: by way into it the state before */
    const int32_t *subset; /* states x 2: and the subset taken there */
} trellis;

/* The paths of a row: what each column should be, by state; what was done in each column. */
typedef struct {
    float wanted[2][STATES_MAX][COLUMNS_MAX], cost[2][STATES_MAX], error[COLUMNS_MAX][STATES_MAX];
    int16_t taken[COLUMNS_MAX][STATES_MAX];
    uint8_t came[COLUMNS_MAX][STATES_MAX];
} paths;

/* The points that the two branches of each state offer, and their costs. */
INLINED void offer(const trellis *t, const float *target, float zero, float best[2][STATES_MAX],
                   float points[2][STATES_MAX]) {
    const floats kind = {0.0f, 1.0f, 0.0f, 1.0f}; /* of the states */
    for (int branch = 0; branch < 2; branch++)
        for (int s = 0; s < t->states; s += VECTOR)
            *(floats *)(points[branch] + s) =
                nearest(&t->rates, *(const floats *)(target + s), kind + (float)(2 * branch),
                        EVERY(zero), (floats *)(best[branch] + s));
}

/* Column `c`, of which a step is `step` wide and point 0 at `zero` in the rates; `spread` is
 * what an error of 1 takes from each column of the block. */
INLINED void extend(const trellis *t, paths *p, int c, int columns, float step, float zero,
                    const float *spread) {
    float(*const wanted)[COLUMNS_MAX] = p->wanted[c & 1], (*after)[COLUMNS_MAX] = p->wanted[~c & 1];
    const float *cost = p->cost[c & 1];
    float target[STATES_MAX] = {0}, best[2][STATES_MAX], points[2][STATES_MAX];
    const float unit = step / spread[c];
    for (int s = 0; s < t->states; s++)
        target[s] = wanted[s][c] / step;
    offer(t, target, zero, best, points);
    for (int s = 0; s < t->states; s++) {
        const int32_t *from = t->before + 2 * s, *by = t->subset + 2 * s;
        const float a = cost[from[0]] + best[by[0] >> 1][from[0]];
        const float b = cost[from[1]] + best[by[1] >> 1][from[1]];
        const int way = b < a;
        const float point = points[by[way] >> 1][from[way]];
        const float error = (target[from[way]] - point) * unit;
        const float *restrict behind = wanted[from[way]];
        float *restrict ahead = after[s];
        p->cost[~c & 1][s] = way ? b : a;
        p->came[c][s] = (uint8_t)from[way];
        p->taken[c][s] = (int16_t)(int32_t)point;
        p->error[c][s] = error;
        for (ptrdiff_t k = (c + 1) & -UNROLLED; k < columns; k += UNROLLED) /* beyond it is room */
            for (int l = 0; l < UNROLLED; l++)
                ahead[k + l] = behind[k + l] - spread[k + l] * error;
    }
}

/* One row, whose elements lie `rows` apart; the state that it ends in. */
MULTIVERSIONED static int32_t search_row(const trellis *t, paths *p, const float *left,
                                         const float *steps, const int32_t *zero,
                                         const float *upper, int columns, int64_t rows,
                                         int32_t state, int16_t *points, float *errors) {
    for (int s = 0; s < t->states; s++) {
        p->cost[0][s] = s == state ? 0.0f : FAR;
        for (int c = 0; c < columns; c++)
            p->wanted[0][s][c] = left[c * rows];
    }
    for (int c = 0; c < columns; c++)
        extend(t, p, c, columns, steps[c * rows], (float)zero[c * rows], upper + c * COLUMNS_MAX);
    const float *cost = p->cost[columns & 1];
    int32_t last = 0;
    for (int s = 1; s < t->states; s++)
        last = cost[s] < cost[last] ? s : last;
    for (int32_t c = columns - 1, s = last; c >= 0; s = p->came[c--][s]) {
        points[c * rows] = p->taken[c][s];
        errors[c * rows] = p->error[c][s];
    }
    return last;
}

/* `left`, `steps`, `zero`, `points` and `errors`: columns x rows. `upper`: columns x COLUMNS_MAX,
 * beyond its columns anything finite. `costs`: the `size` rates. `state`: one a row, in and out. */
PUBLIC void seedtool_feedback(const float *left, const float *steps, const int32_t *zero,
                              const float *upper, int32_t columns, int64_t rows,
                              const float *costs, int32_t size, int32_t states,
                              const int32_t *before, const int32_t *subset, int32_t *state,
                              int16_t *points, float *errors) {
    const trellis t = {{costs, (float)(size - 1)}, states, before, subset};
    paths p = {0};
    for (int64_t r = 0; r < rows; r++)
        state[r] = search_row(&t, &p, left + r, steps + r, zero + r, upper, columns, rows,
                              state[r], points + r, errors + r);
}
