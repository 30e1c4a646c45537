/* seedtool.rans and seedtool.walk, lane after lane where numpy goes step by step: the same
 * words, since a step's lanes take and leave theirs in the order of the lanes. */
#include "kernels.h"

#define FIRST ((uint32_t)1 << 16) /* below it a state takes a word */

/* A slot of a frequency table, from the lowest bits: its symbol's frequency, itself less that
 * one's start, and what the caller knows its symbol and the turn of a trellis's state by. */
typedef uint64_t slot;
static inline uint32_t frequency(slot s) { return (uint16_t)s; }
static inline uint32_t bias(slot s) { return (uint16_t)(s >> 16); }
static inline uint16_t symbol(slot s) { return (uint16_t)(s >> 32); }
static inline uint16_t turn(slot s) { return (uint16_t)(s >> 48); }

static inline slot advance(uint32_t *state, const slot *slots, uint32_t place, int32_t bits) {
    const slot here = slots[place];
    *state = (*state >> bits) * frequency(here) + bias(here);
    return here;
}

/* Give `state` a word if it is below FIRST, without a branch, which nothing could foretell. */
static inline int64_t refill(uint32_t *state, const uint16_t *words, int64_t at) {
    const uint32_t empty = *state < FIRST, full = *state << 16 | words[at];
    *state += (full - *state) & -empty;
    return at + empty;
}

/* A stream being read: `at` is its next word. */
typedef struct {
    const uint16_t *words;
    int64_t size, at;
    const slot *slots;
    int32_t bits;
} stream;

/* All but the last rows have a word for every lane to come, so no read needs a check. */
static inline int refill_checked(stream *s, uint32_t *state, int safe) {
    if (!safe && s->at >= s->size) /* the last word may stand in for none */
        return *state >= FIRST;
    s->at = refill(state, s->words, s->at);
    return 1;
}

static inline int walk_row(stream *s, const uint8_t *classes, uint32_t *states,
                           uint16_t *walkers, float step, float *out, int64_t n, int safe) {
    const uint32_t mask = ((uint32_t)1 << s->bits) - 1;
    for (int64_t l = 0; l < n; l++) {
        const uint32_t kind = walkers[l] & 1;
        const uint32_t table = (classes ? (uint32_t)classes[l] << 1 : 0) | kind;
        uint32_t state = states[l];
        const slot here = advance(&state, s->slots, table << s->bits | (state & mask), s->bits);
        out[l] = (float)(2 * (int16_t)symbol(here) + (int32_t)kind) * step;
        walkers[l] = (uint16_t)(walkers[l] >> 1 ^ turn(here));
        if (!refill_checked(s, &state, safe))
            return 0;
        states[l] = state;
    }
    return 1;
}

/* Fill `out` (`count`, flat, rows of `lanes`) with points times `step`; the number of words used,
 * -1 if there are too few. `slots`: for each class an even and an odd table of 2^bits. `states`
 * and `walkers`: one a lane; `classes`: one an element, or null. */
PUBLIC int64_t seedtool_walk(const uint16_t *words, int64_t size, int64_t at, const slot *slots,
                             int32_t bits, const uint8_t *classes, uint32_t *states,
                             uint16_t *walkers, int64_t lanes, float step, float *out,
                             int64_t count) {
    stream s = {words, size, at, slots, bits};
    for (int64_t row = 0; row < count; row += lanes) {
        const int64_t n = count - row < lanes ? count - row : lanes;
        const uint8_t *mine = classes ? classes + row : NULL;
        const int done = n <= size - s.at
                             ? walk_row(&s, mine, states, walkers, step, out + row, n, 1)
                             : walk_row(&s, mine, states, walkers, step, out + row, n, 0);
        if (!done)
            return -1;
    }
    return s.at;
}

static inline int decode_row(stream *s, uint32_t *states, const void *values, void *out,
                             int32_t width, int64_t n, int safe) {
    const uint32_t mask = ((uint32_t)1 << s->bits) - 1;
    for (int64_t l = 0; l < n; l++) {
        uint32_t state = states[l];
        const slot here = advance(&state, s->slots, state & mask, s->bits);
        if (width == 1)
            ((uint8_t *)out)[l] = ((const uint8_t *)values)[symbol(here)];
        else if (width == 2)
            ((uint16_t *)out)[l] = ((const uint16_t *)values)[symbol(here)];
        else
            ((uint32_t *)out)[l] = ((const uint32_t *)values)[symbol(here)];
        if (!refill_checked(s, &state, safe))
            return 0;
        states[l] = state;
    }
    return 1;
}

static inline int64_t decode(stream s, uint32_t *states, int64_t lanes, const void *values,
                             void *out, int32_t width, int64_t count) {
    for (int64_t row = 0; row < count; row += lanes) {
        const int64_t n = count - row < lanes ? count - row : lanes;
        void *here = (char *)out + row * width;
        const int done = n <= s.size - s.at ? decode_row(&s, states, values, here, width, n, 1)
                                            : decode_row(&s, states, values, here, width, n, 0);
        if (!done)
            return -1;
    }
    return s.at;
}

/* As above, but `out` and `values` have elements of `width` bytes, 1, 2 or 4, and a symbol is a
 * place in `values`. */
PUBLIC int64_t seedtool_decode(const uint16_t *words, int64_t size, int64_t at, const slot *slots,
                               int32_t bits, uint32_t *states, int64_t lanes, const void *values,
                               void *out, int32_t width, int64_t count) {
    const stream s = {words, size, at, slots, bits};
    switch (width) { /* each with a loop of its own */
    case 1:
        return decode(s, states, lanes, values, out, 1, count);
    case 2:
        return decode(s, states, lanes, values, out, 2, count);
    default:
        return decode(s, states, lanes, values, out, 4, count);
    }
}

/* Put the words of `symbols` at the end of `room` (`count` words); the place where they begin.
 * -1 for a symbol that the `size` entries of `table` do not have, or whose frequency is 0. */
PUBLIC int64_t seedtool_encode(const uint32_t *symbols, int64_t count, const uint32_t *table,
                               const uint32_t *start, int64_t size, int32_t bits,
                               uint32_t *states, int64_t lanes, uint16_t *room) {
    int64_t at = count;
    const int64_t rows = (count + lanes - 1) / lanes;
    for (int64_t row = rows - 1; row >= 0; row--) {
        const int64_t first = row * lanes;
        const int64_t n = count - first < lanes ? count - first : lanes;
        for (int64_t l = n - 1; l >= 0; l--) {
            const uint32_t one = symbols[first + l];
            if (one >= size || !table[one])
                return -1;
            uint32_t state = states[l];
            const int full = state >= (uint64_t)table[one] << (32 - bits);
            if (full)
                room[--at] = (uint16_t)state;
            state = full ? state >> 16 : state;
            states[l] = (state / table[one] << bits) + state % table[one] + start[one];
        }
    }
    return at;
}
