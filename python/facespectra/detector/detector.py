"""The detector: features, a classifier, and everything that is needed to score the same way again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from facespectra._files import PathLike, write_atomically
from facespectra._progress import Progress
from facespectra._versions import versions
from facespectra.detector.classifiers import (
    SelfExplaining,
    check_classifier,
    class_features,
    fit_classifier,
    make_pipeline,
)
from facespectra.detector.model_file import dumps
from facespectra.detector.scoring import Scorer
from facespectra.detector.training import check_training, training_samples
from facespectra.errors import ModelError
from facespectra.features.feature_sets import make_features
from facespectra.features.table import FeatureTable
from facespectra.videos import N_FRAMES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


class Detector(Scorer):
    """Tells fake faces from real ones by features of the face and a classifier.

    Parameters
    ----------
    features : str, default "spectrum"
        Name of a feature set, one of :data:`facespectra.features.FEATURES`.
    classifier : str, default "svm-poly"
        ``"svm-poly"`` (the reference study's), ``"svm-linear"``, ``"svm-rbf"``, ``"svm-sigmoid"``,
        ``"logistic"`` or ``"kmeans"``, with scikit-learn's defaults; or, for features ``"regions"`` and
        ``"texture"``, ``"experts"``, see :mod:`facespectra.detector.experts`.
    scale : bool, default False
        Standardise each feature. The reference study did not.
    seed : int, default 0
        For k-means and for the division into folds that the threshold comes from.
    crop : bool, default True
        Score the largest face; False scores whole images, such as faces that were cropped before.
    crop_settings : mapping, optional
        ``margin``, ``square`` and ``snap`` of :class:`facespectra.FaceCropper`.
    feature_settings : mapping, optional
        Settings of the feature set: for the spectrum ``n_features``, ``convention``, ``epsilon``,
        ``normalize`` and ``dtype`` of :func:`facespectra.radial_spectrum`; for ``"fusion"`` and
        ``"concatenation"`` also ``network``, ``"resnet50"`` (the default) or ``"efficientnet-lite0"``.
    backend, threads, device, precision : optional
        Where and how to compute, as in :func:`facespectra.radial_spectrum` and
        :class:`facespectra.FaceCropper`. They are not saved with the model.
    weights : path-like or str, optional
        For features from ResNet-50, as in :class:`facespectra.DeepFeatures`. The model keeps their SHA-256,
        and scores with no others.
    cache : path-like, optional
        A folder that keeps faces and features by the content of the file and all settings, for this detector
        and others: to try another classifier then takes seconds. Not saved with the model, not used for
        images in memory.

    Attributes
    ----------
    pipeline_ : sklearn.pipeline.Pipeline or facespectra.detector.plain_model.ExpertsPipeline
        The fitted classifier. Samples are ranked by its ``decision_function``. The second is what experts are
        read as: it scores without scikit-learn.
    threshold_ : float
        Scores from here on count as fake. Chosen on the training data alone: the highest Youden index over
        scores of 5-fold cross-validation that keeps groups together; where there are too few groups for that,
        over the scores of the fit itself.
    training_ : dict
        ``n_real``, ``n_fake``, ``n_no_face``, ``n_unreadable``; ``held_out_auc`` of that cross-validation and
        ``held_out_false_alarms``, its share of real samples from the threshold on, or None;
        ``warnings`` of the fit; ``left_out``, a list of (path, status), which is not saved with the model.
    held_out_scores_ : (n,) float64 or None
        What that cross-validation gave each sample, NaN where there are no features; None where there was
        none. Not saved with the model.
    versions_ : dict
        Versions of the packages that it was trained with.
    class_features_ : dict
        ``"real"`` and ``"fake"``: ``n`` training samples, and ``mean`` and ``sd`` of each feature; what a
        score is explained against, see :mod:`facespectra.detector.attribution`. Empty where the classifier
        explains itself, and in models of earlier versions.

    Raises
    ------
    ValueError, TypeError
        If a name or a setting is unknown or wrong.

    Examples
    --------
    >>> import facespectra as fs
    >>> detector = fs.Detector(classifier="svm-poly").fit("Task_1")  # doctest: +SKIP
    >>> detector.score(["a.jpg", "b.jpg"])  # doctest: +SKIP
    array([-0.93,  1.02])
    >>> detector.save("task1.model")  # doctest: +SKIP
    >>> fs.load("task1.model").score(["a.jpg", "b.jpg"])  # doctest: +SKIP
    array([-0.93,  1.02])
    """

    held_out_scores_: NDArray[np.float64] | None
    versions_: dict[str, str]
    class_features_: dict[str, dict[str, Any]]

    def __init__(
        self,
        features: str = "spectrum",
        classifier: str = "svm-poly",
        *,
        scale: bool = False,
        seed: int = 0,
        crop: bool = True,
        crop_settings: Mapping[str, Any] | None = None,
        feature_settings: Mapping[str, Any] | None = None,
        backend: str | None = None,
        threads: int | None = None,
        device: str | None = None,
        weights: PathLike | None = None,
        precision: str = "auto",
        cache: PathLike | None = None,
    ) -> None:
        from facespectra.faces import FaceCropper

        self.features = features
        self.classifier = classifier
        self.scale = scale
        self.seed = seed
        self.threads = threads
        self.cache = cache
        self.feature_set = make_features(
            features,
            feature_settings or {},
            backend=backend,
            threads=threads,
            device=device,
            weights=weights,
            precision=precision,
        )
        cropper = FaceCropper(**(crop_settings or {}), device=device)
        self.cropper = cropper if crop else None
        check_classifier(classifier, features)

    @property
    def settings(self) -> dict[str, Any]:
        """What a detector must be made with to give the same numbers: ``Detector(**detector.settings)``."""
        crop_settings = {} if self.cropper is None else self.cropper.get_params()
        # Where and how, not what: the same faces come of it.
        for name in ("device", "detector"):
            crop_settings.pop(name, None)
        return {
            "features": self.features,
            "classifier": self.classifier,
            "scale": self.scale,
            "seed": self.seed,
            "crop": self.cropper is not None,
            "crop_settings": crop_settings,
            "feature_settings": dict(self.feature_set.settings),
        }

    def fit(
        self,
        dataset: pd.DataFrame | PathLike,
        *,
        split: str | None = None,
        augment: str | Iterable[str] = (),
        frames: int = N_FRAMES,
        progress: Progress | None = None,
    ) -> Detector:
        """Train on a data set.

        Parameters
        ----------
        dataset : pandas.DataFrame or path-like
            A manifest, or what :func:`facespectra.read_dataset` reads.
        split : str, optional
            The split to train on. Default: the one called development, train or training; a data set without
            splits is taken whole.
        augment : str or iterable of str
            ``"flip"``, ``"rotate"`` or both: train on changed copies of the photographs, too; see
            :mod:`facespectra.augment`.
        frames : int
            How many frames of each video to train on, evenly spread.
        progress : callable, optional
            Called with the number of images done and of all.

        Returns
        -------
        Detector, itself

        Raises
        ------
        DatasetError
            If the data set is not understood, or one of the classes has no usable sample.
        """
        from facespectra.datasets.sources import sources_of

        samples = training_samples(dataset, split, augment, frames)
        table = self.extract(sources_of(samples), progress=progress)
        return self.fit_features(table, samples["label"].to_numpy(), samples["group"].to_numpy())

    def fit_features(
        self, table: FeatureTable, labels: ArrayLike, groups: ArrayLike | None = None
    ) -> Detector:
        """Train on features that were extracted before.

        Parameters
        ----------
        table : FeatureTable
            From :meth:`extract` of a detector with the same settings. Only rows whose status is ``"ok"`` are
            used; the others are counted.
        labels : (n,) array_like
            1 for fake, 0 for real.
        groups : (n,) array_like, optional
            What must not be divided in the choice of the threshold. Default: each sample for itself.

        Returns
        -------
        Detector, itself

        Raises
        ------
        DatasetError
            If one of the classes has no usable sample.
        ValueError
            If the lengths differ.
        """
        truth, of_group, counts = check_training(table, labels, groups)
        used = table.ok
        pipeline = self._new_pipeline()
        fit = fit_classifier(
            pipeline, table.matrix[used], truth[used], of_group[used], self.seed, self.threads
        )
        self.pipeline_ = fit.pipeline
        self.threshold_ = fit.threshold
        self.versions_ = versions()
        self.class_features_ = {}
        if not isinstance(fit.pipeline[-1], SelfExplaining):
            self.class_features_ = class_features(table.matrix[used], truth[used])
        self.held_out_scores_ = alarms = None
        if fit.held_out is not None:
            alarms = float(np.mean(fit.held_out[truth[used] == 0] >= fit.threshold))
            self.held_out_scores_ = np.full(len(used), np.nan)
            self.held_out_scores_[used] = fit.held_out
        outcome = {
            "held_out_auc": fit.held_out_auc,
            "held_out_false_alarms": alarms,
            "warnings": fit.warnings,
            "left_out": table.left_out,
        }
        self.training_ = counts | outcome
        return self

    def _new_pipeline(self) -> Any:
        return make_pipeline(
            self.classifier,
            features=self.features,
            scale=self.scale,
            seed=self.seed,
            blocks=self.feature_set.blocks,
        )

    def save(self, path: PathLike) -> Path:
        """Write the trained detector to a file that :func:`load` reads: JSON and arrays, never a pickle.

        Parameters
        ----------
        path : path-like
            The file; one that is there is replaced.

        Returns
        -------
        Path, as given

        Raises
        ------
        ModelError
            If the detector has not been trained.
        """
        return write_atomically(path, self.to_bytes())

    def to_bytes(self) -> bytes:
        """Give the content of the model file that :meth:`save` writes."""
        if not hasattr(self, "pipeline_"):
            raise ModelError("the detector has not been trained; call fit first")
        # The paths of one's training images are nobody else's business.
        training = {key: value for key, value in self.training_.items() if key != "left_out"}
        model = {
            "settings": self.settings,
            "pipeline": self.pipeline_,
            "threshold": self.threshold_,
            "training": training,
            "versions": self.versions_,
        }
        if self.class_features_:
            model["class_features"] = self.class_features_
        return dumps(model)

    def plot(
        self,
        ax: Axes | Sequence[Axes] | None = None,
        *,
        table: FeatureTable | None = None,
        labels: ArrayLike | None = None,
    ) -> Axes | tuple[Axes, ...]:
        """Draw what drives the detector: how much more each feature group adds to fakes than to real faces.

        Bars for bands of the spectrum; for features of regions, two heat maps of the face. Of the mean faces
        of both training classes, or of the faces in `table`, as the report of an evaluation draws it.

        Parameters
        ----------
        ax : matplotlib.axes.Axes or two of them, optional
            Axes to draw into; by default those of a new pyplot figure.
        table : FeatureTable, optional
            Features of faces to measure on, from :meth:`extract`; `labels` go with them.
        labels : (n,) array_like, optional
            1 for fake, 0 for real, of the rows of `table`.

        Returns
        -------
        matplotlib.axes.Axes, or a tuple of two for heat maps

        Raises
        ------
        ModelError
            If the detector has not been trained, has features without names, or lacks the means of its
            training classes.
        MissingExtraError
            If matplotlib is not installed.
        """
        from facespectra.detector.plot import plot_drives

        return plot_drives(self, ax, table, labels)

    def _repr_html_(self) -> str:
        from facespectra.detector.description import detector_html

        return detector_html(self)

    def __repr__(self) -> str:
        state = ""
        if hasattr(self, "training_"):
            state = f", trained on {self.training_['n_real']} + {self.training_['n_fake']}"
        return f"<Detector {self.features}, {self.classifier}{', scaled' if self.scale else ''}{state}>"
