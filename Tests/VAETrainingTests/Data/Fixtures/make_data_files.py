"""Makes the files of data/: small arrays as NumPy saves them, and small pictures as Pillow does.
Needs numpy and Pillow. Run: python make_data_files.py
"""

import os

import numpy
from PIL import Image

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
os.makedirs(folder, exist_ok=True)


def path(name):
    return os.path.join(folder, name)


# Element i of every array is i, or i / 64 where it has floats: the tests know what to expect without the script.
def count(*shape, dtype="uint8"):
    return numpy.arange(numpy.prod(shape)).reshape(shape).astype(dtype)


numpy.save(path("grey.npy"), count(5, 2, 3))
numpy.save(path("channels_first.npy"), count(4, 3, 2, 2))
numpy.save(path("channels_last.npy"), count(4, 2, 2, 3))
numpy.save(path("binary.npy"), count(4, 2, 2) % 2)
numpy.save(path("boolean.npy"), (count(4, 2, 2) % 2).astype(bool))
numpy.save(path("vectors_float32.npy"), count(5, 4, dtype="float32") / 64)
numpy.save(path("images_float64.npy"), count(3, 2, 2, dtype="float64") / 64)
numpy.save(path("fortran.npy"), numpy.asfortranarray(count(5, 2, 3)))
numpy.save(path("big_endian.npy"), count(5, 4, dtype=">f4"))
numpy.save(path("half.npy"), count(5, 4, dtype="float16"))
numpy.save(path("wide.npy"), count(5, 2, 3, dtype="int64"))
numpy.save(path("record.npy"), numpy.zeros(3, dtype=[("x", "<f4"), ("y", "<f4")]))
numpy.save(path("scalar.npy"), numpy.float32(0.5))
numpy.save(path("deep.npy"), count(2, 2, 2, 2, 2))

split = {
    "x_train": count(5, 2, 3), "y_train": count(5, dtype="int64"), "x_test": count(2, 2, 3),
    "y_test": count(2, 1, dtype="uint8"), "x_val": count(1, 2, 3),
}
numpy.savez(path("stored.npz"), **split)
numpy.savez_compressed(path("deflated.npz"), **split)
numpy.savez(path("unnamed.npz"), count(5, 2, 3))
numpy.savez(path("unknown.npz"), apples=count(5, 2, 3), pears=count(5, 2, 3))
numpy.savez(path("miscounted.npz"), images=count(5, 2, 3), labels=count(4))
numpy.savez(
    path("factors.npz"), imgs=count(6, 2, 2) % 2,
    latents_classes=numpy.array([[0, shape, scale] for shape in range(3) for scale in range(2)], dtype="int64"))

# A gradient in red and one in blue; JPEG keeps them within a few units.
rows, columns = numpy.mgrid[0:12, 0:16]
gradient = numpy.stack([columns * 16, numpy.zeros_like(rows), rows * 20], axis=2).astype("uint8")
picture = Image.fromarray(gradient)
picture.save(path("gradient.png"))
picture.save(path("gradient.jpg"), quality=95)
picture.convert("L").save(path("grey.jpg"), quality=95)
picture.convert("L").save(path("grey.png"))
picture.convert("P").save(path("palette.png"))
