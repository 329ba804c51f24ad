"""Which texts of a whole list are worth comparing: those that share enough of what is rare."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

from application.matter_columns import Columns, Numbers

_MANY = 400
"""Texts that share a token before it counts only within a topic, or within topic and region."""
_COMMON = 1.5
"""What a token weighs less for blocking: that much is shared by texts of any matter."""
_ENOUGH = 6.0
_ROWS = 2_000


def candidates(columns: Columns) -> Iterator[tuple[int, Numbers, Numbers]]:
    """Pairs of places in the list, the smaller first, with the number of texts that were looked at.

    Every pair whose shared tokens weigh enough together is among them. A token that stands in
    many texts counts in pairs of one topic only, or of one topic and region; one that is in many
    even of these is left out.
    """
    table = _table(columns)
    turned = table.T.tocsr()
    for start in range(0, columns.cards, _ROWS):
        shared = (table[start : start + _ROWS] @ turned).tocoo()
        keep = (shared.data >= _ENOUGH) & (shared.col > shared.row + start)
        left = shared.row[keep].astype(np.int64) + start
        yield min(_ROWS, columns.cards - start), left, shared.col[keep].astype(np.int64)


def _table(columns: Columns) -> csr_matrix:
    """Rows are texts, columns tokens; products of rows are the weights of what they share."""
    kept = _narrowed(columns)
    used = kept >= 0
    _, column = np.unique(kept[used], return_inverse=True)
    return csr_matrix(
        (
            np.sqrt(np.maximum(columns.weight[used] - _COMMON, 0)).astype(np.float32),
            (columns.card[used], column),
        ),
        shape=(columns.cards, int(column.max(initial=-1)) + 1),
    )


def _narrowed(columns: Columns) -> Numbers:
    """The column of each token, or that of the token within a topic or region; -1 to leave it."""
    kept = columns.token.copy()
    topic = columns.topic[columns.card]
    region = topic * (int(columns.region.max(initial=0)) + 1) + columns.region[columns.card]
    start = columns.tokens
    for group in (topic, region):
        broad = _broad(kept)
        kept[broad] = start + columns.token[broad] * (int(group.max(initial=0)) + 1) + group[broad]
        start = int(kept.max(initial=0)) + 1
    kept[_broad(kept)] = -1
    return kept


def _broad(kept: Numbers) -> NDArray[np.bool_]:
    _, inverse, counts = np.unique(kept, return_inverse=True, return_counts=True)
    broad: NDArray[np.bool_] = counts[inverse] > _MANY
    return broad
