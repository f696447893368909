/* The TreeLSTM by hand in C: recursion over the tree, a product of matrix and vector for the stacked gates of each node,
   and one sum of outer products for each weight at the end, eight rows at a time. For SGD it goes into the weight itself.
   Compiled with -O3 -march=native -ffast-math, which lets the compiler vectorize the sums. */
#include <math.h>
#include <string.h>

#define H 150
#define D 300
#define C 5
#define MOST 128

typedef struct { const int *label, *word, *left, *right; } Tree;

typedef struct {
    float z[5 * H], x[2 * H], h[H], c[H], t[H], dz[5 * H], logits[C];
} Node;

static float *W, *b, *U, *c_, *V, *v;                /* weights */
static float *gW, *gb, *gU, *gc, *gV, *gv;           /* what Adagrad needs: gradients and sums of squares */
static float *sW, *sb, *sU, *sc, *sV, *sv;
static const float *E;
static Node nodes[MOST];
static int leaves[MOST], inner[MOST], leaf_count, inner_count;

void setup(float **weights, float **gradients, float **squares, const float *words) {
    W = weights[0]; b = weights[1]; U = weights[2]; c_ = weights[3]; V = weights[4]; v = weights[5];
    gW = gradients[0]; gb = gradients[1]; gU = gradients[2]; gc = gradients[3]; gV = gradients[4]; gv = gradients[5];
    sW = squares[0]; sb = squares[1]; sU = squares[2]; sc = squares[3]; sV = squares[4]; sv = squares[5];
    E = words;
}

static inline float exponential(float x) {
    x = x > 88 ? 88 : x < -87 ? -87 : x;
    float n = rintf(x * 1.44269504f), r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    union { int i; float f; } power;
    power.i = ((int)n + 127) << 23;
    return (p * r * r + r + 1) * power.f;
}
static inline float sigmoid(float x) { return 1 / (1 + exponential(-x)); }
static inline float tangent(float x) { return 1 - 2 / (exponential(2 * x) + 1); }

/* y = M @ x + b */
static void times(const float *restrict m, const float *restrict x, const float *restrict bias, float *restrict y,
                  int rows, int columns) {
    for (int i = 0; i < rows; i += 6) {
        float a0 = 0, a1 = 0, a2 = 0, a3 = 0, a4 = 0, a5 = 0;
        const float *w = m + (long)i * columns;
        for (int k = 0; k < columns; k++) {
            a0 += w[k] * x[k];
            a1 += w[columns + k] * x[k];
            a2 += w[2 * columns + k] * x[k];
            a3 += w[3 * columns + k] * x[k];
            a4 += w[4 * columns + k] * x[k];
            a5 += w[5 * columns + k] * x[k];
        }
        y[i] = a0 + bias[i];
        y[i + 1] = a1 + bias[i + 1];
        y[i + 2] = a2 + bias[i + 2];
        y[i + 3] = a3 + bias[i + 3];
        y[i + 4] = a4 + bias[i + 4];
        y[i + 5] = a5 + bias[i + 5];
    }
}

/* x = M.T @ z */
static void transposed(const float *restrict m, const float *restrict z, float *restrict x, int rows, int columns) {
    memset(x, 0, sizeof(float) * columns);
    for (int i = 0; i < rows; i += 10) {
        const float *w = m + (long)i * columns, *a = z + i;
        for (int k = 0; k < columns; k++) {
            const float *q = w + k;
            x[k] += a[0] * q[0] + a[1] * q[columns] + a[2] * q[2 * columns] + a[3] * q[3 * columns]
                + a[4] * q[4 * columns] + a[5] * q[5 * columns] + a[6] * q[6 * columns] + a[7] * q[7 * columns]
                + a[8] * q[8 * columns] + a[9] * q[9 * columns];
        }
    }
}

/* M += scale * the sum of outer(z, x) over some nodes; xs are the rows x of these nodes */
static void add_outer(float *restrict m, const int *which, const float *const *xs, int count, float scale, int rows,
                      int columns) {
    for (int i = 0; i < rows; i++) {
        float *restrict row = m + (long)i * columns;
        int n = 0;
        for (; n + 8 <= count; n += 8) {
            float a[8];
            for (int q = 0; q < 8; q++) a[q] = scale * nodes[which[n + q]].dz[i];
            const float *restrict x0 = xs[n], *restrict x1 = xs[n + 1], *restrict x2 = xs[n + 2];
            const float *restrict x3 = xs[n + 3], *restrict x4 = xs[n + 4], *restrict x5 = xs[n + 5];
            const float *restrict x6 = xs[n + 6], *restrict x7 = xs[n + 7];
            for (int k = 0; k < columns; k++)
                row[k] += a[0] * x0[k] + a[1] * x1[k] + a[2] * x2[k] + a[3] * x3[k] + a[4] * x4[k] + a[5] * x5[k]
                    + a[6] * x6[k] + a[7] * x7[k];
        }
        for (; n < count; n++) {
            float a = scale * nodes[which[n]].dz[i];
            const float *restrict x = xs[n];
            for (int k = 0; k < columns; k++) row[k] += a * x[k];
        }
    }
}

static float output(Node *node, int label) {
    float top = -1e30f, sum = 0, z[C];
    for (int j = 0; j < C; j++) {
        float total = v[j];
        for (int k = 0; k < H; k++) total += V[j * H + k] * node->h[k];
        z[j] = total;
        if (total > top) top = total;
    }
    for (int j = 0; j < C; j++) sum += node->logits[j] = expf(z[j] - top);
    for (int j = 0; j < C; j++) node->logits[j] /= sum;
    node->logits[label] -= 1;
    return logf(sum) + top - z[label];
}

static float forward(const Tree *tree, int at) {
    Node *node = nodes + at;
    float *z = node->z, below = 0;
    if (tree->left[at] < 0) {
        leaves[leaf_count++] = at;
        times(W, E + (long)tree->word[at] * D, b, z, 3 * H, D);
        for (int j = 0; j < H; j++) {
            z[j] = sigmoid(z[j]);
            z[H + j] = sigmoid(z[H + j]);
            z[2 * H + j] = tangent(z[2 * H + j]);
            node->c[j] = z[j] * z[2 * H + j];
            node->t[j] = tangent(node->c[j]);
            node->h[j] = z[H + j] * node->t[j];
        }
    } else {
        const Node *left = nodes + tree->left[at], *right = nodes + tree->right[at];
        below = forward(tree, tree->left[at]) + forward(tree, tree->right[at]);
        inner[inner_count++] = at;
        memcpy(node->x, left->h, sizeof left->h);
        memcpy(node->x + H, right->h, sizeof right->h);
        times(U, node->x, c_, z, 5 * H, 2 * H);
        for (int j = 0; j < H; j++) {
            float i = sigmoid(z[j]), fl = sigmoid(z[H + j]), fr = sigmoid(z[2 * H + j]), o = sigmoid(z[3 * H + j]);
            float u = tangent(z[4 * H + j]), c = i * u + fl * left->c[j] + fr * right->c[j], t = tangent(c);
            z[j] = i;
            z[H + j] = fl;
            z[2 * H + j] = fr;
            z[3 * H + j] = o;
            z[4 * H + j] = u;
            node->c[j] = c;
            node->t[j] = t;
            node->h[j] = o * t;
        }
    }
    return below + output(node, tree->label[at]);
}

/* `given` are the cotangents of h and c from above */
static void backward(const Tree *tree, int at, const float *given_h, const float *given_c) {
    Node *node = nodes + at;
    float *restrict z = node->z, *restrict dz = node->dz, *t = node->t, dh[H];
    for (int j = 0; j < H; j++) dh[j] = given_h[j];
    for (int q = 0; q < C; q++)
        for (int j = 0; j < H; j++) dh[j] += node->logits[q] * V[q * H + j];
    if (tree->left[at] < 0) {
        for (int j = 0; j < H; j++) {
            float i = z[j], o = z[H + j], u = z[2 * H + j], dc = given_c[j] + dh[j] * o * (1 - t[j] * t[j]);
            dz[j] = dc * u * i * (1 - i);
            dz[H + j] = dh[j] * t[j] * o * (1 - o);
            dz[2 * H + j] = dc * i * (1 - u * u);
        }
        return;
    }
    const Node *left = nodes + tree->left[at], *right = nodes + tree->right[at];
    float dx[2 * H], dl[H], dr[H];
    for (int j = 0; j < H; j++) {
        float i = z[j], fl = z[H + j], fr = z[2 * H + j], o = z[3 * H + j], u = z[4 * H + j];
        float dc = given_c[j] + dh[j] * o * (1 - t[j] * t[j]);
        dz[j] = dc * u * i * (1 - i);
        dz[H + j] = dc * left->c[j] * fl * (1 - fl);
        dz[2 * H + j] = dc * right->c[j] * fr * (1 - fr);
        dz[3 * H + j] = dh[j] * t[j] * o * (1 - o);
        dz[4 * H + j] = dc * i * (1 - u * u);
        dl[j] = dc * fl;
        dr[j] = dc * fr;
    }
    transposed(U, dz, dx, 5 * H, 2 * H);
    backward(tree, tree->left[at], dx, dl);
    backward(tree, tree->right[at], dx + H, dr);
}

static void update(const Tree *tree, float scale, float *mW, float *mb, float *mU, float *mc, float *mV, float *mv) {
    const float *xs[MOST];
    for (int n = 0; n < leaf_count; n++) xs[n] = E + (long)tree->word[leaves[n]] * D;
    add_outer(mW, leaves, xs, leaf_count, scale, 3 * H, D);
    for (int n = 0; n < inner_count; n++) xs[n] = nodes[inner[n]].x;
    add_outer(mU, inner, xs, inner_count, scale, 5 * H, 2 * H);
    for (int n = 0; n < leaf_count; n++)
        for (int j = 0; j < 3 * H; j++) mb[j] += scale * nodes[leaves[n]].dz[j];
    for (int n = 0; n < inner_count; n++)
        for (int j = 0; j < 5 * H; j++) mc[j] += scale * nodes[inner[n]].dz[j];
    for (int n = 0; n < leaf_count + inner_count; n++)
        for (int q = 0; q < C; q++) {
            float a = scale * nodes[n].logits[q];
            for (int j = 0; j < H; j++) mV[q * H + j] += a * nodes[n].h[j];
            mv[q] += a;
        }
}

static void descend(float *restrict w, float *restrict g, float *restrict s, int count, float rate) {
    for (int k = 0; k < count; k++) {
        s[k] += g[k] * g[k];
        w[k] -= rate * g[k] / (sqrtf(s[k]) + 1e-10f);
        g[k] = 0;
    }
}

float step(int adagrad, float rate, const int *label, const int *word, const int *left, const int *right) {
    static const float zero[H];
    Tree tree = {label, word, left, right};
    leaf_count = inner_count = 0;
    float loss = forward(&tree, 0);
    backward(&tree, 0, zero, zero);
    if (!adagrad) {
        update(&tree, -rate, W, b, U, c_, V, v);
        return loss;
    }
    update(&tree, 1, gW, gb, gU, gc, gV, gv);
    descend(W, gW, sW, 3 * H * D, rate);
    descend(b, gb, sb, 3 * H, rate);
    descend(U, gU, sU, 5 * H * 2 * H, rate);
    descend(c_, gc, sc, 5 * H, rate);
    descend(V, gV, sV, C * H, rate);
    descend(v, gv, sv, C, rate);
    return loss;
}
