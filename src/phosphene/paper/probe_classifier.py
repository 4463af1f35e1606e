"""Linear classifiers by scikit-learn, each picture judged by one that has not seen it."""

from __future__ import annotations

import warnings
from typing import Any, Literal, get_args

import numpy as np

from phosphene.arrays import Floats, Integers
from phosphene.errors import PhospheneError, UsageError, did_you_mean
from phosphene.sources.extras import extra

Classifier = Literal["ridge", "softmax", "svm"]
CLASSIFIERS: tuple[str, ...] = get_args(Classifier)
_ALPHAS = np.logspace(-1, 5, 13)


def check(classifier: str, labels: Integers, folds: int) -> None:
    """Refuse what cannot be cross-validated.

    Raises:
        UsageError: no such classifier, or fewer than two folds.
        PhospheneError: scikit-learn is missing; fewer than two classes, or a class with fewer pictures than folds.
    """
    extra("sklearn", "probe", "a linear probe")
    if classifier not in CLASSIFIERS:
        hint = did_you_mean(classifier, CLASSIFIERS) or f"; choose from {', '.join(CLASSIFIERS)}"
        raise UsageError(f"there is no classifier {classifier!r}{hint}")
    if folds < 2:
        raise UsageError(f"{folds} folds leave nothing to learn from; give 2 or more")
    counts = np.bincount(labels[labels >= 0]) if (labels >= 0).any() else np.zeros(0, int)
    if (counts > 0).sum() < 2:
        raise PhospheneError("a probe needs pictures of two classes or more; give a folder with a sub-folder for each")
    least = int(counts[counts > 0].min())
    if least < folds:
        raise PhospheneError(f"a class has {least} pictures, fewer than {folds} folds; give more or fewer folds")


def right(features: Floats, labels: Integers, classifier: str, folds: int, seed: int) -> Floats:
    """Return 1 for each picture (N,) that is named rightly by a classifier learnt on the other folds, 0 for others.

    Features are scaled to mean 0 and deviation 1 by what is learnt from, never by what is judged. ``ridge`` chooses its
    strength from 13 between 0.1 and 100,000 by leaving one out, among what is learnt from.
    """
    selection = extra("sklearn.model_selection", "probe", "a linear probe")
    parts = selection.StratifiedKFold(folds, shuffle=True, random_state=seed)
    found = np.zeros(len(labels))
    for learn, judge in parts.split(features, labels):
        model = _model(classifier, seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of iterations: half a per cent of accuracy is no matter
            model.fit(features[learn], labels[learn])
        found[judge] = model.predict(features[judge]) == labels[judge]
    return found


def _model(classifier: str, seed: int) -> Any:
    linear = extra("sklearn.linear_model", "probe", "a linear probe")
    pipeline = extra("sklearn.pipeline", "probe", "a linear probe")
    scaler = extra("sklearn.preprocessing", "probe", "a linear probe").StandardScaler()
    if classifier == "ridge":
        return pipeline.make_pipeline(scaler, linear.RidgeClassifierCV(_ALPHAS))
    if classifier == "softmax":
        return pipeline.make_pipeline(scaler, linear.LogisticRegression(C=0.01, max_iter=300))
    svm = extra("sklearn.svm", "probe", "a linear probe").LinearSVC(C=0.001, random_state=seed)
    return pipeline.make_pipeline(scaler, svm)
