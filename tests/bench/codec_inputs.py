"""Makes the images of the rows about codecs: `codec_inputs.py FOLDER [--small]`.

photos/   photographs that scikit-image's package has, as PNG: no larger than 640 on a side
deep/     1,000 PNG of 512x512 gray uint16: spots that drift over a background, shot noise
codecs.json  what there is
"""

import json
import os
import sys

import numpy as np
from PIL import Image
from skimage import data

from stack_inputs import spots

PHOTOS = ["astronaut", "chelsea", "coffee", "rocket"]
DEEP = 1000
# Frames that differ; the others repeat them, since making noise takes longer than reading it.
DISTINCT = 50


def main():
    folder, small = sys.argv[1], "--small" in sys.argv[2:]
    facts = os.path.join(folder, "codecs.json")
    if os.path.exists(facts):
        return
    photos, deep = os.path.join(folder, "photos"), os.path.join(folder, "deep")
    os.makedirs(photos, exist_ok=True)
    os.makedirs(deep, exist_ok=True)
    for name in PHOTOS:
        Image.fromarray(getattr(data, name)()).save(os.path.join(photos, name + ".png"))
    count = DEEP // 10 if small else DEEP
    pages = list(spots(DISTINCT, 512, 512))
    for index in range(count):
        Image.fromarray(pages[index % DISTINCT].astype(np.uint16)).save(os.path.join(deep, "%05d.png" % index))
    with open(facts, "w") as file:
        json.dump({"photos": PHOTOS, "deep": count}, file)


if __name__ == "__main__":
    main()
