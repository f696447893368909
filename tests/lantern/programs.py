"""Programs as people write them: recursion, loops, branches, records with null leaves, lists."""

from __future__ import annotations

from typing import Any

from autograph_hook.backends.lantern.interpret import Instance

FIB = """
(program
  (def fib "fib.py" ((n i64)) (i64)
    (begin
      (let (two i64) 2)
      (let (small bool) (< n two) @2)
      (let (r i64)
        (if small
          (begin (tuple n))
          (begin
            (let (one i64) 1)
            (let (n1 i64) (- n one) @4)
            (let (f1 i64) (call fib n1) @4)
            (let (n2 i64) (- n two) @4)
            (let (f2 i64) (call fib n2) @4)
            (let (f i64) (+ f1 f2) @4)
            (tuple f))) @3)
      (tuple r))))
"""

TREE_LSTM = """
(program
  (param W (tensor f64 12 3))
  (param U (tensor f64 12 4))
  (param b (tensor f64 12))
  (param V (tensor f64 3 4))
  (param E (tensor f64 6 3))
  (record Tree (word i64) (label i64) (left (ptr Tree)) (right (ptr Tree)))
  (def cell "model.py" ((t (ptr Tree))) ((tensor f64 4) (tensor f64 4) f64)
    (begin
      (let (null bool) (isnull t) @7)
      (let ((h (tensor f64 4)) (c (tensor f64 4)) (loss f64))
        (if null
          (begin
            (let (zero f64) 0.0 @8)
            (let (h0 (tensor f64 4)) (broadcast zero :shape (4)) @8)
            (tuple h0 h0 zero))
          (begin
            (let (left (ptr Tree)) (field t left) @10)
            (let ((hl (tensor f64 4)) (cl (tensor f64 4)) (ll f64)) (call cell left) @10)
            (let (right (ptr Tree)) (field t right) @11)
            (let ((hr (tensor f64 4)) (cr (tensor f64 4)) (lr f64)) (call cell right) @11)
            (let (i i64) (field t word) @12)
            (let (x (tensor f64 3)) (idx E i) @12)
            (let (wx (tensor f64 12)) (matmul W x) @12)
            (let (hs (tensor f64 4)) (+ hl hr) @12)
            (let (uh (tensor f64 12)) (matmul U hs) @12)
            (let (z (tensor f64 12)) (+ wx uh) @12)
            (let (zb (tensor f64 12)) (+ z b) @12)
            (let (zi (tensor f64 4)) (slice zb :size (4) :start (0) :step (1)) @13)
            (let (zo (tensor f64 4)) (slice zb :size (4) :start (4) :step (1)) @13)
            (let (zu (tensor f64 4)) (slice zb :size (4) :start (8) :step (1)) @13)
            (let (gi (tensor f64 4)) (sigmoid zi) @14)
            (let (go (tensor f64 4)) (sigmoid zo) @14)
            (let (gu (tensor f64 4)) (tanh zu) @14)
            (let (cs (tensor f64 4)) (+ cl cr) @15)
            (let (iu (tensor f64 4)) (* gi gu) @15)
            (let (c1 (tensor f64 4)) (+ iu cs) @15)
            (let (tc (tensor f64 4)) (tanh c1) @16)
            (let (h1 (tensor f64 4)) (* go tc) @16)
            (let (y (tensor f64 3)) (matmul V h1) @17)
            (let (k i64) (field t label) @17)
            (let (l1 f64) (cross_entropy y k) @17)
            (let (l2 f64) (+ ll lr) @18)
            (let (l3 f64) (+ l1 l2) @18)
            (tuple h1 c1 l3))) @7)
      (tuple h c loss)))
  (def loss "model.py" ((t (ptr Tree))) (f64)
    (begin
      (let ((h (tensor f64 4)) (c (tensor f64 4)) (l f64)) (call cell t) @21)
      (tuple l))))
"""

TREE_SUM = """
(program
  (record Tree (value f64) (left (ptr Tree)) (right (ptr Tree)))
  (def total ((t (ptr Tree))) (f64)
    (begin
      (let (leaf bool) (isnull t))
      (let (r f64)
        (if leaf
          (begin (let (one f64) 1.0) (tuple one))
          (begin
            (let (v f64) (field t value))
            (let (l (ptr Tree)) (field t left))
            (let (a f64) (call total l))
            (let (m (ptr Tree)) (field t right))
            (let (b f64) (call total m))
            (let (ab f64) (* a b))
            (let (vv f64) (* v v))
            (let (s f64) (+ vv ab))
            (tuple s))))
      (tuple r))))
"""

EVEN_ODD = """
(program
  (param w f64)
  (def even ((n i64) (x f64)) (f64)
    (begin
      (let (zero i64) 0)
      (let (one i64) 1)
      (let (done bool) (== n zero))
      (let (r f64)
        (if done
          (begin (tuple x))
          (begin
            (let (m i64) (- n one))
            (let (y f64) (* x w))
            (let (q f64) (call odd m y))
            (tuple q))))
      (tuple r)))
  (def odd ((k i64) (x f64)) (f64)
    (begin
      (let (one i64) 1)
      (let (m i64) (- k one))
      (let (y f64) (tanh x))
      (let (q f64) (call even m y))
      (let (s f64) (+ q x))
      (tuple s))))
"""

NEWTON = """
(program
  (def root ((a f64) (x0 f64)) (f64)
    (begin
      (let (zero i64) 0)
      (let ((k i64) (x f64))
        (loop ((i i64 zero) (y f64 x0))
          (begin (let (n i64) 5) (let (more bool) (< i n)) (tuple more))
          (begin
            (let (one i64) 1)
            (let (j i64) (+ i one))
            (let (half f64) 0.5)
            (let (q f64) (/ a y))
            (let (s f64) (+ y q))
            (let (z f64) (* half s))
            (tuple j z))))
      (tuple x))))
"""

RAGGED_RNN = """
(program
  (param W (tensor f64 3 2))
  (param U (tensor f64 3 3))
  (def run ((xs (list (tensor f64 2))) (h0 (tensor f64 3))) (f64 (list (tensor f64 3)))
    (begin
      (let (zero i64) 0)
      (let (n i64) (len xs))
      (let (none (list (tensor f64 3))) (list :of (tensor f64 3)))
      (let ((k i64) (h (tensor f64 3)) (all (list (tensor f64 3))))
        (loop ((i i64 zero) (g (tensor f64 3) h0) (so_far (list (tensor f64 3)) none))
          (begin (let (more bool) (< i n)) (tuple more))
          (begin
            (let (one i64) 1)
            (let (j i64) (+ i one))
            (let (x (tensor f64 2)) (idx xs i))
            (let (a (tensor f64 3)) (matmul W x))
            (let (b (tensor f64 3)) (matmul U g))
            (let (z (tensor f64 3)) (+ a b))
            (let (g1 (tensor f64 3)) (tanh z))
            (let (more_so (list (tensor f64 3))) (append so_far g1))
            (tuple j g1 more_so))))
      (let (total f64) (sum h))
      (let (n2 i64) (len all))
      (let ((k2 i64) (t f64))
        (loop ((i2 i64 zero) (acc f64 total))
          (begin (let (more2 bool) (< i2 n2)) (tuple more2))
          (begin
            (let (one2 i64) 1)
            (let (j2 i64) (+ i2 one2))
            (let (v (tensor f64 3)) (idx all i2))
            (let (vv f64) (dot v v))
            (let (acc2 f64) (+ acc vv))
            (tuple j2 acc2))))
      (tuple t all))))
"""

SHARED_STACK = """
(program
  (record Node (h (tensor f64 2)) (parts (list f64)) (next (ptr Node)))
  (def build ((x (tensor f64 2)) (n i64)) ((ptr Node))
    (begin
      (let (zero i64) 0)
      (let (end (ptr Node)) null)
      (let ((k i64) (top (ptr Node)) (last (tensor f64 2)))
        (loop ((i i64 zero) (node (ptr Node) end) (v (tensor f64 2) x))
          (begin (let (more bool) (< i n)) (tuple more))
          (begin
            (let (one i64) 1)
            (let (j i64) (+ i one))
            (let (w (tensor f64 2)) (tanh v))
            (let (a f64) (idx w zero))
            (let (b f64) (idx v one))
            (let (ps (list f64)) (list a b :of f64))
            (let (made (ptr Node)) (make Node v ps node))
            (tuple j made w))))
      (tuple top)))
  (def fold ((p (ptr Node))) (f64)
    (begin
      (let (none bool) (isnull p))
      (let (r f64)
        (if none
          (begin (let (z f64) 0.0) (tuple z))
          (begin
            (let (h (tensor f64 2)) (field p h))
            (let (s f64) (dot h h))
            (let (parts (list f64)) (field p parts))
            (let (i i64) 1)
            (let (a f64) (idx parts i))
            (let (q (ptr Node)) (field p next))
            (let (rest f64) (call fold q))
            (let (again f64) (call fold q))
            (let (both f64) (* rest again))
            (let (sa f64) (* s a))
            (let (t f64) (+ sa both))
            (tuple t))))
      (tuple r)))
  (def run ((x (tensor f64 2)) (n i64)) (f64)
    (begin
      (let (top (ptr Node)) (call build x n))
      (let (one f64) (call fold top))
      (let (none bool) (isnull top))
      (let (more f64)
        (if none
          (begin (tuple one))
          (begin
            (let (h (tensor f64 2)) (field top h))
            (let (s f64) (sum h))
            (let (m f64) (* s one))
            (tuple m))))
      (tuple more))))
"""

MATRIX_PATH = """
(program
  (def cheapest ((m (tensor f64 3 4))) (f64)
    (begin
      (let (zero i64) 0)
      (let (one i64) 1)
      (let (two i64) 2)
      (let (rows i64) 3)
      (let (first (tensor f64 4)) (idx m zero))
      (let ((k i64) (best (tensor f64 4)))
        (loop ((i i64 one) (row (tensor f64 4) first))
          (begin (let (more bool) (< i rows)) (tuple more))
          (begin
            (let (start f64) 0.0)
            (let (next0 (tensor f64 4)) (broadcast start :shape (4)))
            (let (cols i64) 4)
            (let ((k2 i64) (next (tensor f64 4)))
              (loop ((j i64 zero) (made (tensor f64 4) next0))
                (begin (let (inner bool) (< j cols)) (tuple inner))
                (begin
                  (let (up f64) (idx row j))
                  (let (edge bool) (== j zero))
                  (let (least f64)
                    (if edge
                      (begin (tuple up))
                      (begin
                        (let (j0 i64) (- j one))
                        (let (side f64) (idx row j0))
                        (let (less f64) (minimum up side))
                        (tuple less))))
                  (let (cost f64) (idx m i j))
                  (let (sum f64) (+ least cost))
                  (let (made1 (tensor f64 4)) (update made sum j))
                  (let (j1 i64) (+ j one))
                  (tuple j1 made1))))
            (let (i1 i64) (+ i one))
            (tuple i1 next))))
      (let (low f64) (min best))
      (tuple low))))
"""


def node(value: float, left: Any = None, right: Any = None) -> Instance:
    return Instance("Tree", value=value, left=left, right=right)


def word(number: int, label: int, left: Any = None, right: Any = None) -> Instance:
    return Instance("Tree", word=number, label=label, left=left, right=right)


TREE = node(0.5, node(1.5, None, node(-0.7)), node(2.0, node(0.1), node(0.3, node(1.1))))
SENTENCE = word(0, 1, word(1, 2, None, word(5, 0)), word(3, 1, word(4, 0), word(2, 2)))
ALL = [FIB, TREE_LSTM, TREE_SUM, EVEN_ODD, NEWTON, RAGGED_RNN, SHARED_STACK, MATRIX_PATH]
