"""Reads with h5py what write_hdf5 wrote: read_back.py STAGE_TESTS. Ends with 77 where h5py is missing."""

import os
import subprocess
import sys
import tempfile

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"SKIPPED: {missing}; Debian has it as python3-h5py")
    sys.exit(77)


def expected_images(numbers):
    image, y, x = np.ix_(numbers, range(30), range(50))
    coverage = np.where((image + x + y) % 3 == 0, (7 * image + 3 * x + 5 * y) % 256, 0)
    return (255 - coverage).astype(np.uint8)


def check(path, first, count, scale):
    numbers = np.arange(first, first + count)
    with h5py.File(path, "r") as file:
        images = file["images"]
        assert images.shape == (count, 30, 50), images.shape
        assert images.compression == "gzip", images.compression
        assert images.maxshape == (None, 30, 50), images.maxshape
        expected = expected_images(numbers)
        if scale:
            assert images.dtype == np.dtype("<f4"), images.dtype
            expected = expected.astype(np.float32) / np.float32(255)
        else:
            assert images.dtype == np.uint8, images.dtype
        assert np.array_equal(images[...], expected), path
        assert np.array_equal(images[count - 1], expected[count - 1]), path
        series = numbers[:, None] + np.arange(20) / 64
        assert file["sequences"].dtype == np.dtype("<f8"), file["sequences"].dtype
        assert np.array_equal(file["sequences"][...], series), path
        assert file["source"].dtype == np.dtype({"names": ["group", "first_row", "blank"],
                                                 "formats": ["<u4", "<u8", "u1"]}), path
        assert np.array_equal(file["source"]["group"], numbers // 4), path
        assert np.array_equal(file["source"]["first_row"], numbers * 1000), path
        assert not file["source"]["blank"].any(), path
        groups = [name.decode("utf-8") for name in file["groups"][...]]
        last = (first + count - 1) // 4
        assert groups == [f"grüppe {i}" for i in range(last + 1)], groups
        assert file.attrs["plotmill_version"] == "0.1.0"
        assert file.attrs["definition"] == '{"plotmill": 1, "stages": ["ß"]}', file.attrs["definition"]


with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.argv[1], "--source-file=*write_samples_test.cpp"], check=True,
                   env={**os.environ, "PLOTMILL_SAMPLES": folder})
    check(os.path.join(folder, "uint8.h5"), 0, 11, False)
    check(os.path.join(folder, "float32.h5"), 0, 11, True)
    check(os.path.join(folder, "v110.h5"), 0, 11, False)
    check(os.path.join(folder, "split_0000.h5"), 0, 6, False)
    check(os.path.join(folder, "split_0001.h5"), 6, 5, False)
print("h5py", h5py.version.version, "reads all of it")
