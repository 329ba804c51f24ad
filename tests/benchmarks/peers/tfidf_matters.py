"""What text similarity alone finds: cosine of TF-IDF over words cut to five letters.

Of the simple methods that were tried on such texts it was the best. A list of appeals as CSV in,
pairs of rows with their similarity out. Runs in an environment of its own.
"""

import argparse
import json
import re
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

_STEM = 5
_NEAREST = 60
_WORD = re.compile(r"\w+")


def stems(text: str) -> list[str]:
    return [word[:_STEM] for word in _WORD.findall(text.lower())]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    words = parser.parse_args()
    started = time.perf_counter()
    appeals = pd.read_csv(words.file, dtype=str, keep_default_na=False)
    texts = appeals["topic"] + " " + appeals["subject"] + " " + appeals["text"]
    vectors = TfidfVectorizer(analyzer=stems, sublinear_tf=True).fit_transform(texts)
    nearest = NearestNeighbors(n_neighbors=min(_NEAREST, len(texts)), metric="cosine").fit(vectors)
    distances, neighbours = nearest.kneighbors(vectors)
    left = np.repeat(np.arange(len(texts)), neighbours.shape[1])
    right, score = neighbours.ravel(), 1 - distances.ravel()
    chosen = left < right
    pairs = pd.DataFrame({"left": left[chosen], "right": right[chosen], "score": score[chosen]})
    other = left > right
    swapped = pd.DataFrame({"left": right[other], "right": left[other], "score": score[other]})
    pairs = pd.concat([pairs, swapped]).drop_duplicates(["left", "right"])
    np.savez(words.out, **{name: pairs[name].to_numpy() for name in ("left", "right", "score")})
    print(json.dumps({"seconds": time.perf_counter() - started, "pairs": len(pairs)}))


if __name__ == "__main__":
    main()
