/* The programs that are loops and numbers, as somebody writes them who writes C. */

#include <math.h>
#include <stdint.h>

int64_t fib(int64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

/* Cube roots into x; how many steps it took. */
int64_t newton(const double *numbers, int64_t count, double *x) {
    int64_t steps = 0;
    double change = 1.0;
    for (int64_t i = 0; i < count; i++) x[i] = numbers[i] * 0.5 + 1.0;
    while (change > 1e-12) {
        change = 0.0;
        for (int64_t i = 0; i < count; i++) {
            double following = (2.0 * x[i] + numbers[i] / (x[i] * x[i])) / 3.0;
            change = fmax(change, fabs(following - x[i]));
            x[i] = following;
        }
        steps++;
    }
    return steps;
}

/* `row` has room for one number more than b. */
int64_t distance(const int64_t *a, int64_t rows, const int64_t *b, int64_t columns, int64_t *row) {
    for (int64_t j = 0; j <= columns; j++) row[j] = j;
    for (int64_t i = 0; i < rows; i++) {
        int64_t diagonal = row[0];
        row[0] = i + 1;
        for (int64_t j = 0; j < columns; j++) {
            int64_t above = row[j + 1], best = diagonal;
            if (a[i] != b[j]) {
                if (above < best) best = above;
                if (row[j] < best) best = row[j];
                best++;
            }
            row[j + 1] = best;
            diagonal = above;
        }
    }
    return row[columns];
}

double march(int64_t width, int64_t height) {
    double brightness = 0.0;
    for (int64_t line = 0; line < height; line++) {
        for (int64_t column = 0; column < width; column++) {
            double dx = (column + 0.5) / width - 0.5, dy = (line + 0.5) / height - 0.5;
            double norm = 1.0 / sqrt(dx * dx + dy * dy + 1.0), along = 0.0;
            for (int step = 0; step < 64; step++) {
                double x = dx * norm * along, y = dy * norm * along, z = norm * along;
                x -= floor(x + 0.5);
                y -= floor(y + 0.5);
                z += 0.5 - floor(z + 1.0);
                double away = sqrt(x * x + y * y + z * z) - 0.25;
                if (away < 0.001 || along > 20.0) break;
                along += away;
            }
            if (along < 20.0) brightness += 1.0 / (1.0 + along * along);
        }
    }
    return brightness;
}
