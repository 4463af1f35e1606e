"""Threads that read one atlas take turns."""

from concurrent.futures import ThreadPoolExecutor

from phosphene.atlas.reading import open_atlas


def test_threads_read_one_atlas(scanned):
    with open_atlas(scanned) as atlas, ThreadPoolExecutor(8) as threads:
        alone = [row.name for row in atlas.images]
        together = list(threads.map(lambda _: [row.name for row in atlas.images], range(64)))
    assert alone
    assert all(names == alone for names in together)
