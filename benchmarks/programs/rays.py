"""A picture of spheres: operator methods on small vectors."""

import math


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other):
        return Vector(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, factor):
        return Vector(self.x * factor, self.y * factor, self.z * factor)

    def dot(self, other):
        return self.x * other.x + self.y * other.y + self.z * other.z

    def unit(self):
        return self * (1.0 / math.sqrt(self.dot(self)))


class Sphere:
    def __init__(self, centre, radius):
        self.centre, self.radius = centre, radius

    def hit(self, origin, direction):
        away = origin - self.centre
        half = away.dot(direction)
        inside = half * half - (away.dot(away) - self.radius**2)
        if inside < 0:
            return None
        distance = -half - math.sqrt(inside)
        return distance if distance > 1e-6 else None


def nearest(spheres, origin, direction):
    best = None
    for sphere in spheres:
        distance = sphere.hit(origin, direction)
        if distance is not None and (best is None or distance < best[0]):
            best = distance, sphere
    return best


def shade(spheres, light, origin, direction):
    found = nearest(spheres, origin, direction)
    if found is None:
        return 0.1
    distance, sphere = found
    point = origin + direction * distance
    normal = (point - sphere.centre).unit()
    return max(0.0, normal.dot((light - point).unit()))


def run():
    spheres = [Sphere(Vector(i - 1.5, (i % 2) * 0.8, 4.0 + i), 0.9) for i in range(4)]
    light, eye = Vector(5.0, 5.0, -2.0), Vector(0.0, 0.0, -1.0)
    total = 0.0
    for row in range(28):
        for column in range(28):
            total += shade(spheres, light, eye, Vector((column - 14) / 14, (row - 14) / 14, 1.0).unit())
    return total
