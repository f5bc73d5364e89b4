"""Whether a classifier out of a file can be used: libsvm looks at no length before it reads."""

from __future__ import annotations

from typing import Any

import numpy as np

_KERNELS = {"poly", "linear", "rbf", "sigmoid"}


def check_pipeline(pipeline: Any, width: int) -> None:
    """See that a pipeline scores rows of features, before it is trusted with any.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        Out of a file.
    width : int
        Length of a row.

    Raises
    ------
    ValueError
        If it is not one that was fitted on such rows. Other errors come out of scikit-learn where parts are
        missing.
    """
    for _, step in pipeline.steps:
        # By its name, which no other allowed type has: most models need no import of it.
        if type(step).__name__ == "SVC":
            _check_svc(step, width)
    if pipeline.n_features_in_ != width:
        raise ValueError(f"it was fitted on {pipeline.n_features_in_} features, and not on {width}")
    scores = pipeline.decision_function(np.zeros((2, width)))
    if np.shape(scores) != (2,) or not np.issubdtype(np.asarray(scores).dtype, np.floating):
        raise ValueError("it does not give one score for each row")


def _check_svc(svc: Any, width: int) -> None:
    own = vars(svc)
    n = len(svc.support_vectors_)
    for name, kind, shape in (
        ("support_vectors_", np.float64, (n, width)),
        ("support_", np.int32, (n,)),
        ("_n_support", np.int32, (2,)),
        ("_dual_coef_", np.float64, (1, n)),
        ("_intercept_", np.float64, (1,)),
        ("_probA", np.float64, (0,)),
        ("_probB", np.float64, (0,)),
        ("classes_", np.int64, (2,)),
    ):
        array = own[name]
        if not isinstance(array, np.ndarray) or array.dtype != kind or array.shape != shape:
            raise ValueError(f"the support vector machine's {name} is not what it should be")
    counts = own["_n_support"]
    if (counts < 0).any() or int(counts.sum()) != n:
        raise ValueError("the support vector machine has not as many vectors as it says")
    # Names of kernels that take no others than these arrays; and nothing in the place of the class's own.
    if svc.kernel not in _KERNELS or svc._sparse is not False or {"_impl", "_compute_kernel"} & set(own):
        raise ValueError("the support vector machine is of no known kind")
