"""Settings as keywords, for editors and type checkers. Written by tools/options.py from the list of settings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Union

if TYPE_CHECKING:
    from ._parts import Part


class Options(TypedDict, total=False):
    """Settings by their short names, and by their keys with ``__`` for the dot. A list makes a run for each value."""

    arms: Mapping[str, Mapping[str, Any]]
    """Settings of single arms, by name."""
    experiment: Union[str, Iterable[str]]
    """experiment: Name of the experiment. The run directory has it in its name. Takes a text.
    Default: not given; then the name of the file or experiment that was run."""
    seed: Union[int, Iterable[int]]
    """seed: Seed of everything random. Equal seeds give equal bytes. Takes a whole number from 0 to
    9223372036854775807. Default: 1."""
    data: Union[Literal["sparse_coding", "python"], Part, Iterable[Literal["sparse_coding", "python"]]]
    """data.kind: What a sample is. sparse_coding: x = M z + ξ, a sparse combination of atoms in
    dense noise (Definition 2.1). python: x = M z + ξ with a Haar dictionary M, and z and ξ from a
    function in Python. Takes one of sparse_coding, python. Default: sparse_coding."""
    latent_dim: Union[int, Iterable[int]]
    """data.latent_dim: Number of atoms of the dictionary M (the paper's d). Takes a whole number
    from 3 to 4294967295. It must be given."""
    ambient_dim: Union[int, Iterable[int]]
    """data.ambient_dim: Dimension of a sample x (the paper's d1), at least latent_dim. Takes a
    whole number from 3 to 9007199254740992. It must be given."""
    dictionary: Union[Literal["haar", "hadamard", "axes", "file"], Iterable[Literal["haar", "hadamard", "axes", "file"]]]
    """data.dictionary.kind: Where the dictionary M comes from. haar: uniformly random orthonormal
    atoms. hadamard: a randomised Hadamard matrix, whose leverages are all equal (ambient_dim must
    be a power of two). axes: the first coordinate axes. They break the paper's assumption that
    atoms are spread over many coordinates, because masks then hide whole atoms. file: the matrix in
    a file. Takes one of haar, hadamard, axes, file. Default: haar. Used with data.kind =
    sparse_coding."""
    latent: Union[Literal["independent", "fixed_count"], Iterable[Literal["independent", "fixed_count"]]]
    """data.latent.kind: Which atoms are active in a sample. independent: each atom independently of
    the others (Definition 2.1). fixed_count: exactly active_count of them in every sample. Takes
    one of independent, fixed_count. Default: independent. Used with data.kind = sparse_coding."""
    activity: Union[float, Iterable[float]]
    """data.latent.activity: Pr(z_j ≠ 0) of each atom (the paper's p). Takes a number in [1e-6, 1].
    Default: not given; then activity_constant sets it. Used with data.kind = sparse_coding and
    data.latent.kind = independent."""
    activity_constant: Union[float, Iterable[float]]
    """data.latent.activity_constant: C_z in the paper's order of magnitude, activity = C_z·ln ln
    d/d. Takes a number in [1e-37, 1e37]. Default: 1.0. Used with data.kind = sparse_coding and
    data.latent.kind = independent."""
    active_count: Union[int, Iterable[int]]
    """data.latent.active_count: Exactly this many atoms are active in every sample, at most
    latent_dim. Takes a whole number from 1 to 4294967295. It must be given. Used with data.kind =
    sparse_coding and data.latent.kind = fixed_count."""
    noise_variance: Union[float, Iterable[float]]
    """data.noise_variance: Variance of each coordinate of the dense noise ξ (the paper's σ²). Takes
    0 or a number in [1e-37, 1e37]. Default: not given; then noise_constant sets it. Used with
    data.kind = sparse_coding."""
    noise_constant: Union[float, Iterable[float]]
    """data.noise_constant: C_σ in the paper's order of magnitude, noise_variance = C_σ·√(ln d)/d.
    Takes 0 or a number in [1e-37, 1e37]. Default: 0.7. Used with data.kind = sparse_coding."""
    noise_directions: Union[Literal["none", "random", "file"], Iterable[Literal["none", "random", "file"]]]
    """data.noise_directions.kind: Directions in which the noise is larger (the paper's footnote 1).
    none: the noise is the same in all directions. random: random ones outside the span of M. file:
    those in a file. Takes one of none, random, file. Default: none. Used with data.kind =
    sparse_coding."""
    count: Union[int, Iterable[int]]
    """data.noise_directions.count: Number of random directions. Takes a whole number from 1 to
    4294967295. Default: 1. Used with data.kind = sparse_coding and data.noise_directions.kind =
    random."""
    variance: Union[float, Iterable[float]]
    """data.noise_directions.variance: Variance of the noise along these directions, at least
    noise_variance. Takes 0 or a number in [1e-37, 1e37]. Default: not given; then variance_ratio
    sets it. Used with data.kind = sparse_coding and data.noise_directions.kind = random or file."""
    variance_ratio: Union[float, Iterable[float]]
    """data.noise_directions.variance_ratio: Variance of the noise along these directions, in units
    of noise_variance. Takes a number in [1, 1e37]. Default: 10.0. Used with data.kind =
    sparse_coding and data.noise_directions.kind = random or file."""
    augmentation: Union[Literal["random_mask", "disjoint_masks", "independent_masks", "none", "python"], Part, Iterable[Literal["random_mask", "disjoint_masks", "independent_masks", "none", "python"]]]
    """augmentation.kind: How a sample becomes two views. random_mask: complementary masks, 2Dx and
    2(I−D)x (the paper). disjoint_masks: each view keeps keep_rate of the coordinates, overlapping
    as little as possible. independent_masks: each view keeps keep_rate, drawn independently. none:
    both views are the sample. python: a function in Python from a batch of samples to two batches
    of views. Takes one of random_mask, disjoint_masks, independent_masks, none, python. Default:
    random_mask. Used with objective.kind = info_nce or spectral or python or python_pairs."""
    keep_rate: Union[float, Iterable[float]]
    """augmentation.keep_rate: Probability that a view (with random_mask: the anchor) keeps a
    coordinate. The paper has 1/2. Takes a number in [1e-6, 1]. Default: 0.5. Used with
    objective.kind = info_nce or spectral or python or python_pairs and augmentation.kind =
    random_mask or disjoint_masks or independent_masks."""
    network: Union[Literal["sym_relu", "python"], Part, Iterable[Literal["sym_relu", "python"]]]
    """network.kind: What turns pre-activations into features. sym_relu: ReLU(⟨w,x⟩ − b) −
    ReLU(−⟨w,x⟩ − b). python: a function in Python from pre-activations and thresholds to as many
    features. Takes one of sym_relu, python. Default: sym_relu."""
    width: Union[int, Iterable[int]]
    """network.width: Number of neurons (the paper's m). Takes a whole number from 1 to 4294967295.
    It must be given."""
    initial_norm: Union[float, Iterable[float]]
    """network.initial_norm: Expected norm of a neuron at the start, σ_0·√d1. Too large a value
    saturates stage I. Takes a number in [1e-18, 1e18]. Default: 0.05."""
    output: Union[Literal["plain", "normalised"], Iterable[Literal["plain", "normalised"]]]
    """network.output: plain: features as they are (the paper). normalised: the features of every
    sample are divided by their norm, so that similarities are cosines. Takes one of plain,
    normalised. Default: plain."""
    objective: Union[Literal["info_nce", "spectral", "regression", "python", "python_pairs", "python_labels"], Part, Iterable[Literal["info_nce", "spectral", "regression", "python", "python_pairs", "python_labels"]]]
    """objective.kind: What training minimises. info_nce: InfoNCE on un-normalised embeddings (the
    paper). spectral: the spectral contrastive loss. regression: regression tasks y = ⟨w*, z⟩ on
    labels, under a linear head that is trained too. python: a function in Python of anchors,
    positives and negatives. python_pairs: a function in Python of anchors and positives.
    python_labels: a function in Python of features and codes. Takes one of info_nce, spectral,
    regression, python, python_pairs, python_labels. Default: info_nce."""
    temperature: Union[float, Iterable[float]]
    """objective.temperature: Temperature of InfoNCE (the paper's τ). Takes a number in [1e-37,
    1e37]. Default: 1.0. Used with objective.kind = info_nce."""
    stop_gradient: Union[Literal["targets", "nowhere"], Iterable[Literal["targets", "nowhere"]]]
    """objective.stop_gradient: targets: no gradient flows into positives and negatives (the paper's
    StopGrad). nowhere: it flows everywhere. Takes one of targets, nowhere. Default: targets. Used
    with objective.kind = info_nce or spectral."""
    tasks: Union[int, Iterable[int]]
    """objective.tasks: Number of regression tasks, at least latent_dim. Takes a whole number from 1
    to 4294967295. Default: the value of data.latent_dim. Used with objective.kind = regression."""
    head_rate_ratio: Union[float, Iterable[float]]
    """objective.head_rate_ratio: Learning rate of the head over that of the weights. Takes a number
    in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = regression."""
    anchors: Union[int, Iterable[int]]
    """batch.anchors: Samples per step (the paper's P). Takes a whole number from 1 to 4294967295.
    It must be given."""
    negatives: Union[int, Iterable[int]]
    """batch.negatives: Fresh negatives per step, shared by all anchors (the paper's N). Takes a
    whole number from 1 to 4294967295. It must be given. Used with objective.kind = info_nce or
    spectral or python and batch.negative_set = fresh."""
    negative_set: Union[Literal["fresh", "in_batch"], Iterable[Literal["fresh", "in_batch"]]]
    """batch.negative_set: Where negatives come from: drawn for the purpose, or the other samples of
    the batch. Takes one of fresh, in_batch. Default: fresh. Used with objective.kind = info_nce or
    spectral or python."""
    negative_views: Union[Literal["raw", "augmented"], Iterable[Literal["raw", "augmented"]]]
    """batch.negative_views: Whether negatives are raw samples (the paper) or single views (Remark
    2.4). Takes one of raw, augmented. Default: raw. Used with objective.kind = info_nce or spectral
    or python."""
    dynamics: Union[Literal["sampled", "reduced"], Iterable[Literal["sampled", "reduced"]]]
    """training.dynamics: How the learner is trained. sampled: on samples drawn in the ambient
    space. reduced: the same process in the latent_dim + width coordinates that the learner sees.
    Its cost does not depend on ambient_dim. Without masks it is equal in law. With masks it is the
    limit for large ambient_dim and even leverages. For a Haar dictionary of 32 atoms the share of
    dense energy then ends 19, 5 and 2 % too low where ambient_dim is 8, 16 and 32 times latent_dim.
    It needs plain descent (sgd). Takes one of sampled, reduced. Default: sampled."""
    fork: Union[str, Iterable[str]]
    """training.fork: ARM@STEP, ARM@t1 or ARM@t2: the arm and the moment at which this one leaves
    it. Until then this arm is the other one. From there on it has its own settings. The other arm
    stands before it in the spec. Both see the same samples. If the other arm does not get there,
    this one is the same all along. Takes a text. Default: not given; then the arm has its own
    settings from the start."""
    arithmetic: Union[Literal["single", "mixed"], Iterable[Literal["single", "mixed"]]]
    """training.arithmetic: How products are computed. single: in single precision. mixed: from
    inputs rounded to bfloat16, with sums in single precision. With in-batch negatives it takes W
    x⁺⁺ from W x and W x⁺. It is faster, most of all on processors that multiply bfloat16 fast. Its
    results have other bits. Takes one of single, mixed. Default: single. Used with objective.kind =
    info_nce or spectral and training.dynamics = sampled."""
    mask_jitter: Union[Literal["kept", "dropped"], Iterable[Literal["kept", "dropped"]]]
    """training.mask_jitter: What reduced dynamics keeps of the masks' effect on the signal. kept:
    its first order in latent_dim/ambient_dim. dropped: nothing, as in the limit in which that ratio
    is zero. Takes one of kept, dropped. Default: kept. Used with training.dynamics = reduced and
    objective.kind = info_nce or spectral or python or python_pairs and augmentation.kind =
    random_mask or disjoint_masks or independent_masks."""
    steps: Union[int, Iterable[int]]
    """training.steps: Number of steps. Takes a whole number from 0 to 4294967295. It must be given."""
    learning_rate: Union[float, Iterable[float]]
    """training.learning_rate: Learning rate of the weights (the paper's η). Takes a number in
    [1e-37, 1e37]. Default: 0.5."""
    schedule: Union[Literal["constant", "cosine", "drops"], Iterable[Literal["constant", "cosine", "drops"]]]
    """training.schedule.kind: How the learning rate changes. constant: not at all. cosine: along
    half a cosine over all steps. drops: by a factor at given steps. Takes one of constant, cosine,
    drops. Default: constant."""
    final_fraction: Union[float, Iterable[float]]
    """training.schedule.final_fraction: Learning rate at the end of the cosine, as a fraction of
    the initial one. Takes a number in [0, 1]. Default: 0.0. Used with training.schedule.kind =
    cosine."""
    at: Iterable[int]
    """training.schedule.at: Steps at which the learning rate drops. Takes a list of ascending whole
    numbers from 1 to 4294967295. It must be given. Used with training.schedule.kind = drops."""
    factor: Union[float, Iterable[float]]
    """training.schedule.factor: Factor of each drop. Takes a number in [1e-37, 1]. Default: 0.1.
    Used with training.schedule.kind = drops."""
    optimizer: Union[Literal["sgd", "momentum", "adam"], Iterable[Literal["sgd", "momentum", "adam"]]]
    """training.optimizer.kind: How weights move along their gradients. sgd: w ← (1 − ηλ) w − η ∇L
    (the paper). momentum: v ← μ v + ∇L + λ w, w ← w − η v. adam: Adam, with weight decay apart from
    the gradient (AdamW). Takes one of sgd, momentum, adam. Default: sgd."""
    momentum: Union[float, Iterable[float]]
    """training.optimizer.momentum: Share of its velocity that a weight keeps (μ). In the end it
    moves η/(1 − μ) times the gradient. Takes a number in [0, 1). Default: 0.9. Used with
    training.optimizer.kind = momentum."""
    beta1: Union[float, Iterable[float]]
    """training.optimizer.beta1: Memory of the mean gradient (β1). Takes a number in [0, 1).
    Default: 0.9. Used with training.optimizer.kind = adam."""
    beta2: Union[float, Iterable[float]]
    """training.optimizer.beta2: Memory of the mean squared gradient (β2). Takes a number in [0, 1).
    Default: 0.999. Used with training.optimizer.kind = adam."""
    epsilon: Union[float, Iterable[float]]
    """training.optimizer.epsilon: What is added to the root of the mean squared gradient (ε). Takes
    a number in [1e-37, 1e37]. Default: 1e-8. Used with training.optimizer.kind = adam."""
    weight_decay: Union[float, Iterable[float]]
    """training.weight_decay: Weight of ‖w‖²/2 in the objective (the paper's λ). 1–2 % of the
    activity works well, 18 % is slow. Takes 0 or a number in [1e-37, 1e37]. Default: 3e-4."""
    first_energy_ratio: Union[float, Iterable[float]]
    """training.first_energy_ratio: Stage I ends (T1) when every neuron has grown to this multiple
    of its initial ‖w‖² (the paper's K). Takes a number in (1, 1e37]. Default: 64.0."""
    second_energy_ratio: Union[float, Iterable[float]]
    """training.second_energy_ratio: Stage II ends (T2) when some neuron has grown to this multiple
    of its ‖w‖² at T1. Takes a number in (1, 1e37]. Default: the value of data.latent_dim."""
    bias: Union[Literal["zero", "trained", "staged", "python"], Part, Iterable[Literal["zero", "trained", "staged", "python"]]]
    """bias.kind: How thresholds move. At zero the map stays linear and no neuron becomes a single
    atom. zero: never. trained: by gradient descent (footnote 4). staged: by the paper's schedule
    from T1 on. python: a function in Python from thresholds and a step to thresholds. Takes one of
    zero, trained, staged, python. Default: staged."""
    reset: Union[float, Iterable[float]]
    """bias.reset: Bias at T1 in units of √(2 ln d/d)·‖w‖, zero before. The paper has 1. Takes a
    number in [1e-37, 1e37]. Default: not given; then staged: 0.8; trained: there is no reset,
    biases are trained from the start. Used with bias.kind = trained or staged."""
    growth: Union[float, Iterable[float]]
    """bias.growth: A step multiplies biases by 1 + growth·η/d, unless norms grow faster (κ). The
    paper has 1; at finite size a slower race loses fewer neurons. Takes 0 or a number in [1e-37,
    1e37]. Default: 0.05. Used with bias.kind = staged."""
    cap: Union[float, Iterable[float]]
    """bias.cap: Largest bias over norm. Takes a number in [1e-37, 1e37]. Default: 0.45. Used with
    bias.kind = staged."""
    measurement: Union[Literal["standard", "python"], Part, Iterable[Part], Iterable[Literal["standard", "python"]]]
    """measure.measurement.kind: What is measured at every recorded step. standard: every
    measurement of the program. python: every measurement of the program, and functions in Python.
    Takes one of standard, python. Default: standard."""
    cadence: Union[Literal["every", "logarithmic"], Iterable[Literal["every", "logarithmic"]]]
    """measure.cadence.kind: When to measure, besides step 0, T1, T2 and the end. every: at equal
    distances. logarithmic: at equal logarithmic distances. Takes one of every, logarithmic.
    Default: every."""
    per_decade: Union[int, Iterable[int]]
    """measure.cadence.per_decade: Measurements per factor of ten in steps. Takes a whole number
    from 1 to 4294967295. Default: 20. Used with measure.cadence.kind = logarithmic."""
    samples: Union[int, Iterable[int]]
    """measure.samples: Fresh samples behind each cosine and firing rate. Takes a whole number from
    2 to 4294967295. Default: 512."""
    potential_per_atom: Union[float, Iterable[float]]
    """measure.potential_per_atom: Number of neurons per atom that are expected to start above the
    threshold of luck (Definition B.1). It sets this threshold. The paper's own constants leave
    about 0.2 at sizes that fit a computer. Takes a number in [1e-37, 1e37]. Default: 3.0."""
    labels: Iterable[int]
    """probe.labels: Numbers of labels that linear probes are fitted on. An empty list: no probes.
    Takes a list of ascending whole numbers from 1 to 4294967295. Default: [200, 1000, 5000]."""
    targets: Union[int, Iterable[int]]
    """probe.targets: Number of target vectors w* that scores are averaged over. Takes a whole
    number from 1 to 4294967295. Default: 3."""
    target_spread: Union[float, Iterable[float]]
    """probe.target_spread: s: entries of a target w* are random signs times magnitudes uniform on
    [1 − s, 1 + s]. By default they are plain signs. A larger spread makes classification harder,
    because two active atoms may nearly cancel. Takes a number in [0, 1). Default: 0.0."""
    validation_rows: Union[int, Iterable[int]]
    """probe.validation_rows: Samples that choose the regularisation. Takes a whole number from 1 to
    4294967295. Default: 2000."""
    test_rows: Union[int, Iterable[int]]
    """probe.test_rows: Fresh samples behind each score. Takes a whole number from 1 to 4294967295.
    Default: 10000."""
    bias_rule: Union[Literal["zero", "trained", "staged", "python"], Part, Iterable[Literal["zero", "trained", "staged", "python"]]]
    """bias.kind: How thresholds move. At zero the map stays linear and no neuron becomes a single
    atom. zero: never. trained: by gradient descent (footnote 4). staged: by the paper's schedule
    from T1 on. python: a function in Python from thresholds and a step to thresholds. Takes one of
    zero, trained, staged, python. Default: staged."""
    data_law: Union[Literal["sparse_coding", "python"], Part, Iterable[Literal["sparse_coding", "python"]]]
    """data.kind: What a sample is. sparse_coding: x = M z + ξ, a sparse combination of atoms in
    dense noise (Definition 2.1). python: x = M z + ξ with a Haar dictionary M, and z and ξ from a
    function in Python. Takes one of sparse_coding, python. Default: sparse_coding."""
    data__kind: Union[Literal["sparse_coding", "python"], Part, Iterable[Literal["sparse_coding", "python"]]]
    """data.kind: What a sample is. sparse_coding: x = M z + ξ, a sparse combination of atoms in
    dense noise (Definition 2.1). python: x = M z + ξ with a Haar dictionary M, and z and ξ from a
    function in Python. Takes one of sparse_coding, python. Default: sparse_coding."""
    data__latent_dim: Union[int, Iterable[int]]
    """data.latent_dim: Number of atoms of the dictionary M (the paper's d). Takes a whole number
    from 3 to 4294967295. It must be given."""
    data__ambient_dim: Union[int, Iterable[int]]
    """data.ambient_dim: Dimension of a sample x (the paper's d1), at least latent_dim. Takes a
    whole number from 3 to 9007199254740992. It must be given."""
    data__dictionary__kind: Union[Literal["haar", "hadamard", "axes", "file"], Iterable[Literal["haar", "hadamard", "axes", "file"]]]
    """data.dictionary.kind: Where the dictionary M comes from. haar: uniformly random orthonormal
    atoms. hadamard: a randomised Hadamard matrix, whose leverages are all equal (ambient_dim must
    be a power of two). axes: the first coordinate axes. They break the paper's assumption that
    atoms are spread over many coordinates, because masks then hide whole atoms. file: the matrix in
    a file. Takes one of haar, hadamard, axes, file. Default: haar. Used with data.kind =
    sparse_coding."""
    data__dictionary__path: Union[Union[str, os.PathLike[str]], Iterable[Union[str, os.PathLike[str]]]]
    """data.dictionary.path: File that holds M: ambient_dim rows and latent_dim orthonormal columns,
    as .npy or as text. Takes the path of a file. It must be given. Used with data.kind =
    sparse_coding and data.dictionary.kind = file."""
    data__latent__kind: Union[Literal["independent", "fixed_count"], Iterable[Literal["independent", "fixed_count"]]]
    """data.latent.kind: Which atoms are active in a sample. independent: each atom independently of
    the others (Definition 2.1). fixed_count: exactly active_count of them in every sample. Takes
    one of independent, fixed_count. Default: independent. Used with data.kind = sparse_coding."""
    data__latent__activity: Union[float, Iterable[float]]
    """data.latent.activity: Pr(z_j ≠ 0) of each atom (the paper's p). Takes a number in [1e-6, 1].
    Default: not given; then activity_constant sets it. Used with data.kind = sparse_coding and
    data.latent.kind = independent."""
    data__latent__activity_constant: Union[float, Iterable[float]]
    """data.latent.activity_constant: C_z in the paper's order of magnitude, activity = C_z·ln ln
    d/d. Takes a number in [1e-37, 1e37]. Default: 1.0. Used with data.kind = sparse_coding and
    data.latent.kind = independent."""
    data__latent__active_count: Union[int, Iterable[int]]
    """data.latent.active_count: Exactly this many atoms are active in every sample, at most
    latent_dim. Takes a whole number from 1 to 4294967295. It must be given. Used with data.kind =
    sparse_coding and data.latent.kind = fixed_count."""
    data__noise_variance: Union[float, Iterable[float]]
    """data.noise_variance: Variance of each coordinate of the dense noise ξ (the paper's σ²). Takes
    0 or a number in [1e-37, 1e37]. Default: not given; then noise_constant sets it. Used with
    data.kind = sparse_coding."""
    data__noise_constant: Union[float, Iterable[float]]
    """data.noise_constant: C_σ in the paper's order of magnitude, noise_variance = C_σ·√(ln d)/d.
    Takes 0 or a number in [1e-37, 1e37]. Default: 0.7. Used with data.kind = sparse_coding."""
    data__noise_directions__kind: Union[Literal["none", "random", "file"], Iterable[Literal["none", "random", "file"]]]
    """data.noise_directions.kind: Directions in which the noise is larger (the paper's footnote 1).
    none: the noise is the same in all directions. random: random ones outside the span of M. file:
    those in a file. Takes one of none, random, file. Default: none. Used with data.kind =
    sparse_coding."""
    data__noise_directions__count: Union[int, Iterable[int]]
    """data.noise_directions.count: Number of random directions. Takes a whole number from 1 to
    4294967295. Default: 1. Used with data.kind = sparse_coding and data.noise_directions.kind =
    random."""
    data__noise_directions__variance: Union[float, Iterable[float]]
    """data.noise_directions.variance: Variance of the noise along these directions, at least
    noise_variance. Takes 0 or a number in [1e-37, 1e37]. Default: not given; then variance_ratio
    sets it. Used with data.kind = sparse_coding and data.noise_directions.kind = random or file."""
    data__noise_directions__variance_ratio: Union[float, Iterable[float]]
    """data.noise_directions.variance_ratio: Variance of the noise along these directions, in units
    of noise_variance. Takes a number in [1, 1e37]. Default: 10.0. Used with data.kind =
    sparse_coding and data.noise_directions.kind = random or file."""
    data__noise_directions__path: Union[Union[str, os.PathLike[str]], Iterable[Union[str, os.PathLike[str]]]]
    """data.noise_directions.path: File with one orthonormal direction per row, ambient_dim columns,
    as .npy or as text. Takes the path of a file. It must be given. Used with data.kind =
    sparse_coding and data.noise_directions.kind = file."""
    data__function: Union[str, Iterable[str]]
    """data.function: A function in Python: its name and a digest of its source and version, as
    featurescope's decorators give them. Takes a text. It must be given. Used with data.kind =
    python."""
    augmentation__kind: Union[Literal["random_mask", "disjoint_masks", "independent_masks", "none", "python"], Part, Iterable[Literal["random_mask", "disjoint_masks", "independent_masks", "none", "python"]]]
    """augmentation.kind: How a sample becomes two views. random_mask: complementary masks, 2Dx and
    2(I−D)x (the paper). disjoint_masks: each view keeps keep_rate of the coordinates, overlapping
    as little as possible. independent_masks: each view keeps keep_rate, drawn independently. none:
    both views are the sample. python: a function in Python from a batch of samples to two batches
    of views. Takes one of random_mask, disjoint_masks, independent_masks, none, python. Default:
    random_mask. Used with objective.kind = info_nce or spectral or python or python_pairs."""
    augmentation__keep_rate: Union[float, Iterable[float]]
    """augmentation.keep_rate: Probability that a view (with random_mask: the anchor) keeps a
    coordinate. The paper has 1/2. Takes a number in [1e-6, 1]. Default: 0.5. Used with
    objective.kind = info_nce or spectral or python or python_pairs and augmentation.kind =
    random_mask or disjoint_masks or independent_masks."""
    augmentation__function: Union[str, Iterable[str]]
    """augmentation.function: A function in Python: its name and a digest of its source and version,
    as featurescope's decorators give them. Takes a text. It must be given. Used with objective.kind
    = info_nce or spectral or python or python_pairs and augmentation.kind = python."""
    network__kind: Union[Literal["sym_relu", "python"], Part, Iterable[Literal["sym_relu", "python"]]]
    """network.kind: What turns pre-activations into features. sym_relu: ReLU(⟨w,x⟩ − b) −
    ReLU(−⟨w,x⟩ − b). python: a function in Python from pre-activations and thresholds to as many
    features. Takes one of sym_relu, python. Default: sym_relu."""
    network__width: Union[int, Iterable[int]]
    """network.width: Number of neurons (the paper's m). Takes a whole number from 1 to 4294967295.
    It must be given."""
    network__initial_norm: Union[float, Iterable[float]]
    """network.initial_norm: Expected norm of a neuron at the start, σ_0·√d1. Too large a value
    saturates stage I. Takes a number in [1e-18, 1e18]. Default: 0.05."""
    network__output: Union[Literal["plain", "normalised"], Iterable[Literal["plain", "normalised"]]]
    """network.output: plain: features as they are (the paper). normalised: the features of every
    sample are divided by their norm, so that similarities are cosines. Takes one of plain,
    normalised. Default: plain."""
    network__function: Union[str, Iterable[str]]
    """network.function: A function in Python: its name and a digest of its source and version, as
    featurescope's decorators give them. Takes a text. It must be given. Used with network.kind =
    python."""
    objective__kind: Union[Literal["info_nce", "spectral", "regression", "python", "python_pairs", "python_labels"], Part, Iterable[Literal["info_nce", "spectral", "regression", "python", "python_pairs", "python_labels"]]]
    """objective.kind: What training minimises. info_nce: InfoNCE on un-normalised embeddings (the
    paper). spectral: the spectral contrastive loss. regression: regression tasks y = ⟨w*, z⟩ on
    labels, under a linear head that is trained too. python: a function in Python of anchors,
    positives and negatives. python_pairs: a function in Python of anchors and positives.
    python_labels: a function in Python of features and codes. Takes one of info_nce, spectral,
    regression, python, python_pairs, python_labels. Default: info_nce."""
    objective__temperature: Union[float, Iterable[float]]
    """objective.temperature: Temperature of InfoNCE (the paper's τ). Takes a number in [1e-37,
    1e37]. Default: 1.0. Used with objective.kind = info_nce."""
    objective__stop_gradient: Union[Literal["targets", "nowhere"], Iterable[Literal["targets", "nowhere"]]]
    """objective.stop_gradient: targets: no gradient flows into positives and negatives (the paper's
    StopGrad). nowhere: it flows everywhere. Takes one of targets, nowhere. Default: targets. Used
    with objective.kind = info_nce or spectral."""
    objective__tasks: Union[int, Iterable[int]]
    """objective.tasks: Number of regression tasks, at least latent_dim. Takes a whole number from 1
    to 4294967295. Default: the value of data.latent_dim. Used with objective.kind = regression."""
    objective__head_rate_ratio: Union[float, Iterable[float]]
    """objective.head_rate_ratio: Learning rate of the head over that of the weights. Takes a number
    in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = regression."""
    objective__function: Union[str, Iterable[str]]
    """objective.function: A function in Python: its name and a digest of its source and version, as
    featurescope's decorators give them. Takes a text. It must be given. Used with objective.kind =
    python or python_pairs or python_labels."""
    batch__anchors: Union[int, Iterable[int]]
    """batch.anchors: Samples per step (the paper's P). Takes a whole number from 1 to 4294967295.
    It must be given."""
    batch__negatives: Union[int, Iterable[int]]
    """batch.negatives: Fresh negatives per step, shared by all anchors (the paper's N). Takes a
    whole number from 1 to 4294967295. It must be given. Used with objective.kind = info_nce or
    spectral or python and batch.negative_set = fresh."""
    batch__negative_set: Union[Literal["fresh", "in_batch"], Iterable[Literal["fresh", "in_batch"]]]
    """batch.negative_set: Where negatives come from: drawn for the purpose, or the other samples of
    the batch. Takes one of fresh, in_batch. Default: fresh. Used with objective.kind = info_nce or
    spectral or python."""
    batch__negative_views: Union[Literal["raw", "augmented"], Iterable[Literal["raw", "augmented"]]]
    """batch.negative_views: Whether negatives are raw samples (the paper) or single views (Remark
    2.4). Takes one of raw, augmented. Default: raw. Used with objective.kind = info_nce or spectral
    or python."""
    training__dynamics: Union[Literal["sampled", "reduced"], Iterable[Literal["sampled", "reduced"]]]
    """training.dynamics: How the learner is trained. sampled: on samples drawn in the ambient
    space. reduced: the same process in the latent_dim + width coordinates that the learner sees.
    Its cost does not depend on ambient_dim. Without masks it is equal in law. With masks it is the
    limit for large ambient_dim and even leverages. For a Haar dictionary of 32 atoms the share of
    dense energy then ends 19, 5 and 2 % too low where ambient_dim is 8, 16 and 32 times latent_dim.
    It needs plain descent (sgd). Takes one of sampled, reduced. Default: sampled."""
    training__fork: Union[str, Iterable[str]]
    """training.fork: ARM@STEP, ARM@t1 or ARM@t2: the arm and the moment at which this one leaves
    it. Until then this arm is the other one. From there on it has its own settings. The other arm
    stands before it in the spec. Both see the same samples. If the other arm does not get there,
    this one is the same all along. Takes a text. Default: not given; then the arm has its own
    settings from the start."""
    training__arithmetic: Union[Literal["single", "mixed"], Iterable[Literal["single", "mixed"]]]
    """training.arithmetic: How products are computed. single: in single precision. mixed: from
    inputs rounded to bfloat16, with sums in single precision. With in-batch negatives it takes W
    x⁺⁺ from W x and W x⁺. It is faster, most of all on processors that multiply bfloat16 fast. Its
    results have other bits. Takes one of single, mixed. Default: single. Used with objective.kind =
    info_nce or spectral and training.dynamics = sampled."""
    training__mask_jitter: Union[Literal["kept", "dropped"], Iterable[Literal["kept", "dropped"]]]
    """training.mask_jitter: What reduced dynamics keeps of the masks' effect on the signal. kept:
    its first order in latent_dim/ambient_dim. dropped: nothing, as in the limit in which that ratio
    is zero. Takes one of kept, dropped. Default: kept. Used with training.dynamics = reduced and
    objective.kind = info_nce or spectral or python or python_pairs and augmentation.kind =
    random_mask or disjoint_masks or independent_masks."""
    training__steps: Union[int, Iterable[int]]
    """training.steps: Number of steps. Takes a whole number from 0 to 4294967295. It must be given."""
    training__learning_rate: Union[float, Iterable[float]]
    """training.learning_rate: Learning rate of the weights (the paper's η). Takes a number in
    [1e-37, 1e37]. Default: 0.5."""
    training__schedule__kind: Union[Literal["constant", "cosine", "drops"], Iterable[Literal["constant", "cosine", "drops"]]]
    """training.schedule.kind: How the learning rate changes. constant: not at all. cosine: along
    half a cosine over all steps. drops: by a factor at given steps. Takes one of constant, cosine,
    drops. Default: constant."""
    training__schedule__final_fraction: Union[float, Iterable[float]]
    """training.schedule.final_fraction: Learning rate at the end of the cosine, as a fraction of
    the initial one. Takes a number in [0, 1]. Default: 0.0. Used with training.schedule.kind =
    cosine."""
    training__schedule__at: Iterable[int]
    """training.schedule.at: Steps at which the learning rate drops. Takes a list of ascending whole
    numbers from 1 to 4294967295. It must be given. Used with training.schedule.kind = drops."""
    training__schedule__factor: Union[float, Iterable[float]]
    """training.schedule.factor: Factor of each drop. Takes a number in [1e-37, 1]. Default: 0.1.
    Used with training.schedule.kind = drops."""
    training__optimizer__kind: Union[Literal["sgd", "momentum", "adam"], Iterable[Literal["sgd", "momentum", "adam"]]]
    """training.optimizer.kind: How weights move along their gradients. sgd: w ← (1 − ηλ) w − η ∇L
    (the paper). momentum: v ← μ v + ∇L + λ w, w ← w − η v. adam: Adam, with weight decay apart from
    the gradient (AdamW). Takes one of sgd, momentum, adam. Default: sgd."""
    training__optimizer__momentum: Union[float, Iterable[float]]
    """training.optimizer.momentum: Share of its velocity that a weight keeps (μ). In the end it
    moves η/(1 − μ) times the gradient. Takes a number in [0, 1). Default: 0.9. Used with
    training.optimizer.kind = momentum."""
    training__optimizer__beta1: Union[float, Iterable[float]]
    """training.optimizer.beta1: Memory of the mean gradient (β1). Takes a number in [0, 1).
    Default: 0.9. Used with training.optimizer.kind = adam."""
    training__optimizer__beta2: Union[float, Iterable[float]]
    """training.optimizer.beta2: Memory of the mean squared gradient (β2). Takes a number in [0, 1).
    Default: 0.999. Used with training.optimizer.kind = adam."""
    training__optimizer__epsilon: Union[float, Iterable[float]]
    """training.optimizer.epsilon: What is added to the root of the mean squared gradient (ε). Takes
    a number in [1e-37, 1e37]. Default: 1e-8. Used with training.optimizer.kind = adam."""
    training__weight_decay: Union[float, Iterable[float]]
    """training.weight_decay: Weight of ‖w‖²/2 in the objective (the paper's λ). 1–2 % of the
    activity works well, 18 % is slow. Takes 0 or a number in [1e-37, 1e37]. Default: 3e-4."""
    training__first_energy_ratio: Union[float, Iterable[float]]
    """training.first_energy_ratio: Stage I ends (T1) when every neuron has grown to this multiple
    of its initial ‖w‖² (the paper's K). Takes a number in (1, 1e37]. Default: 64.0."""
    training__second_energy_ratio: Union[float, Iterable[float]]
    """training.second_energy_ratio: Stage II ends (T2) when some neuron has grown to this multiple
    of its ‖w‖² at T1. Takes a number in (1, 1e37]. Default: the value of data.latent_dim."""
    bias__kind: Union[Literal["zero", "trained", "staged", "python"], Part, Iterable[Literal["zero", "trained", "staged", "python"]]]
    """bias.kind: How thresholds move. At zero the map stays linear and no neuron becomes a single
    atom. zero: never. trained: by gradient descent (footnote 4). staged: by the paper's schedule
    from T1 on. python: a function in Python from thresholds and a step to thresholds. Takes one of
    zero, trained, staged, python. Default: staged."""
    bias__reset: Union[float, Iterable[float]]
    """bias.reset: Bias at T1 in units of √(2 ln d/d)·‖w‖, zero before. The paper has 1. Takes a
    number in [1e-37, 1e37]. Default: not given; then staged: 0.8; trained: there is no reset,
    biases are trained from the start. Used with bias.kind = trained or staged."""
    bias__learning_rate: Union[float, Iterable[float]]
    """bias.learning_rate: Learning rate of trained biases (η_b). Takes a number in [1e-37, 1e37].
    It must be given. Used with bias.kind = trained."""
    bias__growth: Union[float, Iterable[float]]
    """bias.growth: A step multiplies biases by 1 + growth·η/d, unless norms grow faster (κ). The
    paper has 1; at finite size a slower race loses fewer neurons. Takes 0 or a number in [1e-37,
    1e37]. Default: 0.05. Used with bias.kind = staged."""
    bias__cap: Union[float, Iterable[float]]
    """bias.cap: Largest bias over norm. Takes a number in [1e-37, 1e37]. Default: 0.45. Used with
    bias.kind = staged."""
    bias__function: Union[str, Iterable[str]]
    """bias.function: A function in Python: its name and a digest of its source and version, as
    featurescope's decorators give them. Takes a text. It must be given. Used with bias.kind =
    python."""
    measure__measurement__kind: Union[Literal["standard", "python"], Part, Iterable[Part], Iterable[Literal["standard", "python"]]]
    """measure.measurement.kind: What is measured at every recorded step. standard: every
    measurement of the program. python: every measurement of the program, and functions in Python.
    Takes one of standard, python. Default: standard."""
    measure__measurement__function: Union[str, Iterable[str]]
    """measure.measurement.function: A function in Python: its name and a digest of its source and
    version, as featurescope's decorators give them. Takes a text. It must be given. Used with
    measure.measurement.kind = python."""
    measure__cadence__kind: Union[Literal["every", "logarithmic"], Iterable[Literal["every", "logarithmic"]]]
    """measure.cadence.kind: When to measure, besides step 0, T1, T2 and the end. every: at equal
    distances. logarithmic: at equal logarithmic distances. Takes one of every, logarithmic.
    Default: every."""
    measure__cadence__steps: Union[int, Iterable[int]]
    """measure.cadence.steps: Steps between measurements. Takes a whole number from 1 to 4294967295.
    Default: 10. Used with measure.cadence.kind = every."""
    measure__cadence__per_decade: Union[int, Iterable[int]]
    """measure.cadence.per_decade: Measurements per factor of ten in steps. Takes a whole number
    from 1 to 4294967295. Default: 20. Used with measure.cadence.kind = logarithmic."""
    measure__samples: Union[int, Iterable[int]]
    """measure.samples: Fresh samples behind each cosine and firing rate. Takes a whole number from
    2 to 4294967295. Default: 512."""
    measure__potential_per_atom: Union[float, Iterable[float]]
    """measure.potential_per_atom: Number of neurons per atom that are expected to start above the
    threshold of luck (Definition B.1). It sets this threshold. The paper's own constants leave
    about 0.2 at sizes that fit a computer. Takes a number in [1e-37, 1e37]. Default: 3.0."""
    probe__labels: Iterable[int]
    """probe.labels: Numbers of labels that linear probes are fitted on. An empty list: no probes.
    Takes a list of ascending whole numbers from 1 to 4294967295. Default: [200, 1000, 5000]."""
    probe__targets: Union[int, Iterable[int]]
    """probe.targets: Number of target vectors w* that scores are averaged over. Takes a whole
    number from 1 to 4294967295. Default: 3."""
    probe__target_spread: Union[float, Iterable[float]]
    """probe.target_spread: s: entries of a target w* are random signs times magnitudes uniform on
    [1 − s, 1 + s]. By default they are plain signs. A larger spread makes classification harder,
    because two active atoms may nearly cancel. Takes a number in [0, 1). Default: 0.0."""
    probe__validation_rows: Union[int, Iterable[int]]
    """probe.validation_rows: Samples that choose the regularisation. Takes a whole number from 1 to
    4294967295. Default: 2000."""
    probe__test_rows: Union[int, Iterable[int]]
    """probe.test_rows: Fresh samples behind each score. Takes a whole number from 1 to 4294967295.
    Default: 10000."""
