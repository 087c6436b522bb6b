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
    data: Union[Literal["sparse_coding", "vectors", "patches", "python"], Part, Iterable[Literal["sparse_coding", "vectors", "patches", "python"]]]
    """data.kind: What a sample is. sparse_coding: x = M z + ξ, a sparse combination of atoms in
    dense noise (Definition 2.1). vectors: the vectors in a file, a part of them to train on; atoms
    are their principal directions. patches: inputs of several patches: some show a strong or a weak
    feature, the others noise. python: x = M z + ξ with a Haar dictionary M, and z and ξ from a
    function in Python. Takes one of sparse_coding, vectors, patches, python. Default:
    sparse_coding."""
    latent_dim: Union[int, Iterable[int]]
    """data.latent_dim: Number of atoms of the dictionary M (the paper's d). Takes a whole number
    from 3 to 4294967295. It must be given."""
    ambient_dim: Union[int, Iterable[int]]
    """data.ambient_dim: Dimension of a sample x (the paper's d1), at least latent_dim where atoms
    are orthonormal or at one angle. Takes a whole number from 3 to 9007199254740992. It must be
    given."""
    dictionary: Union[Literal["haar", "hadamard", "axes", "file", "coherent", "gaussian"], Iterable[Literal["haar", "hadamard", "axes", "file", "coherent", "gaussian"]]]
    """data.dictionary.kind: Where the dictionary M comes from. haar: uniformly random orthonormal
    atoms. hadamard: a randomised Hadamard matrix, whose leverages are all equal (ambient_dim must
    be a power of two). axes: the first coordinate axes. They break the paper's assumption that
    atoms are spread over many coordinates, because masks then hide whole atoms. file: the matrix in
    a file. coherent: unit atoms in random directions; every pair has the inner product coherence.
    gaussian: independent random unit atoms, which may be more than dimensions (latent_dim above
    ambient_dim). Takes one of haar, hadamard, axes, file, coherent, gaussian. Default: haar. Used
    with data.kind = sparse_coding."""
    coherence: Union[float, Iterable[float]]
    """data.dictionary.coherence: ⟨M_i, M_j⟩ of every pair of atoms; 0: orthonormal atoms, measured
    like others at angles. Takes a number in [0, 1). Default: 0.3. Used with data.kind =
    sparse_coding and data.dictionary.kind = coherent."""
    latent: Union[Literal["independent", "fixed_count", "power_law", "listed", "blocks", "copula", "hierarchical", "classes"], Iterable[Literal["independent", "fixed_count", "power_law", "listed", "blocks", "copula", "hierarchical", "classes"]]]
    """data.latent.kind: Which atoms are active in a sample. independent: each atom independently of
    the others (Definition 2.1). fixed_count: exactly active_count of them in every sample.
    power_law: each atom independently, the j-th with probability first_activity·j^(−exponent).
    listed: each atom independently, with the probabilities of a list. blocks: atoms in blocks that
    fire together, with signs of their own. copula: atoms whose activities are correlated, every
    pair alike (a Gaussian copula). hierarchical: a tree of atoms: an active atom of an upper level
    switches on its own group of atoms below it, with a sign pattern. classes: one class atom is
    active in every sample and decides its label; a subclass atom of the class and other atoms do
    not. Takes one of independent, fixed_count, power_law, listed, blocks, copula, hierarchical,
    classes. Default: independent. Used with data.kind = sparse_coding."""
    activity: Union[float, Iterable[float]]
    """data.latent.activity: Pr(z_j ≠ 0) of each atom (the paper's p). Takes a number in [1e-6, 1].
    Default: not given; then activity_constant sets it. Used with data.kind = sparse_coding and
    data.latent.kind = independent or copula or classes."""
    activity_constant: Union[float, Iterable[float]]
    """data.latent.activity_constant: C_z in the paper's order of magnitude, activity = C_z·ln ln
    d/d. Takes a number in [1e-37, 1e37]. Default: 1.0. Used with data.kind = sparse_coding and
    data.latent.kind = independent or copula or classes."""
    values: Union[Literal["signs", "gaussian", "laplace", "uniform"], Iterable[Literal["signs", "gaussian", "laplace", "uniform"]]]
    """data.latent.values: How large an active entry of the code is, with a fair sign. signs: 1.
    gaussian: a normal number. laplace: a Laplace number. uniform: uniform on [0.5, 1.5], over
    √(13/12). Each has the mean square 1, times the strength of the atom where the law has
    strengths. Takes one of signs, gaussian, laplace, uniform. Default: signs. Used with data.kind =
    sparse_coding."""
    active_count: Union[int, Iterable[int]]
    """data.latent.active_count: Exactly this many atoms are active in every sample, at most
    latent_dim. Takes a whole number from 1 to 4294967295. It must be given. Used with data.kind =
    sparse_coding and data.latent.kind = fixed_count."""
    first_activity: Union[float, Iterable[float]]
    """data.latent.first_activity: Probability that the first atom is active. Takes a number in
    [1e-6, 1]. Default: 0.2. Used with data.kind = sparse_coding and data.latent.kind = power_law."""
    exponent: Union[float, Iterable[float]]
    """data.latent.exponent: How fast the activity falls with the index of the atom; 0: not at all.
    Takes 0 or a number in [1e-37, 1e37]. Default: 1.0. Used with data.kind = sparse_coding and
    data.latent.kind = power_law."""
    strength_exponent: Union[float, Iterable[float]]
    """data.latent.strength_exponent: How fast E z_j² of an active atom falls with its index, as
    j^(−strength_exponent); 0: it is 1 for all. Takes 0 or a number in [1e-37, 1e37]. Default: 0.0.
    Used with data.kind = sparse_coding and data.latent.kind = power_law."""
    activities: Union[Iterable[float], Iterable[Iterable[float]]]
    """data.latent.activities: Pr(z_j ≠ 0) of every atom: a list of latent_dim numbers, or a file
    with them. Takes a list, each entry a number in [1e-6, 1], or the path of a file with them. It
    must be given. Used with data.kind = sparse_coding and data.latent.kind = listed."""
    strengths: Union[Iterable[float], Iterable[Iterable[float]]]
    """data.latent.strengths: E z_j² of every atom where it is active: a list of latent_dim numbers,
    or a file with them. Takes a list, each entry a number in [1e-18, 1e18], or the path of a file
    with them. Default: not given; then every strength is 1. Used with data.kind = sparse_coding and
    data.latent.kind = listed."""
    block_size: Union[int, Iterable[int]]
    """data.latent.block_size: Atoms of a block; the last block may be smaller. Takes a whole number
    from 1 to 4294967295. Default: 4. Used with data.kind = sparse_coding and data.latent.kind =
    blocks."""
    block_activity: Union[float, Iterable[float]]
    """data.latent.block_activity: Probability that a block is on. Takes a number in [1e-6, 1].
    Default: 0.1. Used with data.kind = sparse_coding and data.latent.kind = blocks."""
    member_activity: Union[float, Iterable[float]]
    """data.latent.member_activity: Probability that an atom is active where its block is on. Takes
    a number in [1e-6, 1]. Default: 1.0. Used with data.kind = sparse_coding and data.latent.kind =
    blocks."""
    levels: Union[int, Iterable[int]]
    """data.latent.levels: Levels of the tree; the lowest one is the dictionary. Takes a whole
    number from 2 to 3. Default: 2. Used with data.kind = sparse_coding and data.latent.kind =
    hierarchical."""
    fan_out: Union[int, Iterable[int]]
    """data.latent.fan_out: Children of an atom of an upper level. latent_dim must be a multiple of
    fan_out, with three levels of its square. Takes a whole number from 2 to 4294967295. Default: 4.
    Used with data.kind = sparse_coding and data.latent.kind = hierarchical."""
    top_activity: Union[float, Iterable[float]]
    """data.latent.top_activity: Probability that an atom of the top level is active. Takes a number
    in [1e-6, 1]. Default: 0.1. Used with data.kind = sparse_coding and data.latent.kind =
    hierarchical."""
    child_activity: Union[float, Iterable[float]]
    """data.latent.child_activity: Probability that an atom is active where its parent is. Takes a
    number in [1e-6, 1]. Default: 0.5. Used with data.kind = sparse_coding and data.latent.kind =
    hierarchical."""
    classes: Union[int, Iterable[int]]
    """data.latent.classes: Number of classes, each with an atom of its own. Takes a whole number
    from 2 to 4294967295. Default: 2. Used with data.kind = sparse_coding and data.latent.kind =
    classes."""
    subclasses: Union[int, Iterable[int]]
    """data.latent.subclasses: Subclasses of each class, each with an atom of its own; 0: none.
    Takes a whole number from 0 to 4294967295. Default: 2. Used with data.kind = sparse_coding and
    data.latent.kind = classes."""
    class_strength: Union[float, Iterable[float]]
    """data.latent.class_strength: E z_j² of the active class atom. That of other atoms is 1. Takes
    a number in [1e-18, 1e18]. Default: 1.0. Used with data.kind = sparse_coding and
    data.latent.kind = classes."""
    subclass_strength: Union[float, Iterable[float]]
    """data.latent.subclass_strength: E z_j² of the active subclass atom. Takes a number in [1e-18,
    1e18]. Default: 1.0. Used with data.kind = sparse_coding and data.latent.kind = classes."""
    noise_variance: Union[float, Iterable[float]]
    """data.noise_variance: Variance of each coordinate of the dense noise ξ (the paper's σ²). Takes
    0 or a number in [1e-37, 1e37]. Default: not given; then noise_constant sets it. Used with
    data.kind = sparse_coding or patches."""
    noise_constant: Union[float, Iterable[float]]
    """data.noise_constant: C_σ in the paper's order of magnitude, noise_variance = C_σ·√(ln d)/d.
    Takes 0 or a number in [1e-37, 1e37]. Default: 0.7. Used with data.kind = sparse_coding or
    patches."""
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
    noise: Union[Literal["gaussian", "student", "uniform"], Iterable[Literal["gaussian", "student", "uniform"]]]
    """data.noise.kind: The law of the coordinates of the dense noise ξ; their variance is
    noise_variance. gaussian: normal numbers (Definition 2.1). student: numbers with heavy tails,
    Student's t scaled to the variance. uniform: numbers uniform on [−√3 σ, √3 σ], σ² the variance.
    Takes one of gaussian, student, uniform. Default: gaussian. Used with data.kind = sparse_coding."""
    freedom: Union[float, Iterable[float]]
    """data.noise.freedom: Degrees of freedom of Student's t; above 2, so that there is a variance.
    The fewer, the heavier the tails. Takes a number in (2, 1e37]. Default: 3.0. Used with data.kind
    = sparse_coding and data.noise.kind = student."""
    training_samples: Union[int, Iterable[int]]
    """data.training_samples: Samples that training goes through in epochs, in another order in
    each. Measurements and probes draw fresh ones. Takes a whole number from 1 to 4294967295.
    Default: not given; then every training sample is fresh. Used with data.kind = sparse_coding."""
    path: Union[Union[str, os.PathLike[str]], Iterable[Union[str, os.PathLike[str]]]]
    """data.path: File with one vector per row, ambient_dim columns, as .npy, as .parquet or as
    text. Takes the path of a file. It must be given. Used with data.kind = vectors."""
    training_vectors: Union[int, Iterable[int]]
    """data.training_vectors: Vectors that training goes through in epochs, drawn from those of the
    file. Probes are fitted on them too. Takes a whole number from 1 to 4294967295. It must be
    given. Used with data.kind = vectors."""
    test_vectors: Union[int, Iterable[int]]
    """data.test_vectors: Other vectors of the file, for measurements and for the tests of probes.
    What is left, at least one vector, is for the validation of probes. Takes a whole number from 1
    to 4294967295. It must be given. Used with data.kind = vectors."""
    feature_patches: Union[int, Iterable[int]]
    """data.feature_patches: Number of its patches that show the feature of the input (P_0), at most
    patches. Takes a whole number from 1 to 4294967295. Default: 4. Used with data.kind = patches."""
    amplitudes: Union[Iterable[float], Iterable[Iterable[float]]]
    """data.amplitudes: Size of each feature in a patch (α), a list of at most latent_dim numbers.
    Atoms beyond it never appear. Takes a list, each entry a number in [1e-18, 1e18], or the path of
    a file with them. Default: [2.0, 1.0]. Used with data.kind = patches."""
    augmentation: Union[Literal["random_mask", "disjoint_masks", "independent_masks", "none", "additive_noise", "atom_dropout", "atom_masks", "patch_masks", "python"], Part, Iterable[Literal["random_mask", "disjoint_masks", "independent_masks", "none", "additive_noise", "atom_dropout", "atom_masks", "patch_masks", "python"]]]
    """augmentation.kind: How a sample becomes two views. random_mask: complementary masks, 2Dx and
    2(I−D)x (the paper). disjoint_masks: each view keeps keep_rate of the coordinates, overlapping
    as little as possible. independent_masks: each view keeps keep_rate, drawn independently. none:
    both views are the sample. additive_noise: each view gets normal noise of its own. atom_dropout:
    each view loses each active atom with probability drop_rate, the noise stays. atom_masks:
    complementary masks whose coordinates go together where the same atoms have their energy.
    patch_masks: each patch, a row of the batch, goes to one of the two views by a fair coin.
    python: a function in Python from a batch of samples to two batches of views. Takes one of
    random_mask, disjoint_masks, independent_masks, none, additive_noise, atom_dropout, atom_masks,
    patch_masks, python. Default: random_mask. Used with objective.kind = info_nce or spectral or
    barlow_twins or vicreg or alignment_uniformity or nt_xent or supervised_contrastive or
    supervised_spectral or simsiam or byol or hard_negatives or masked_reconstruction or python or
    python_pairs."""
    keep_rate: Union[float, Iterable[float]]
    """augmentation.keep_rate: Probability that a view (with random_mask: the anchor) keeps a
    coordinate. The paper has 1/2. Takes a number in [1e-6, 1]. Default: 0.5. Used with
    objective.kind = info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or
    nt_xent or supervised_contrastive or supervised_spectral or simsiam or byol or hard_negatives or
    masked_reconstruction or python or python_pairs and augmentation.kind = random_mask or
    disjoint_masks or independent_masks or atom_masks."""
    deviation: Union[float, Iterable[float]]
    """augmentation.deviation: Standard deviation of the noise that a view gets in every coordinate,
    in units of x. Takes a number in [1e-18, 1e18]. Default: 0.1. Used with objective.kind =
    info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or
    supervised_contrastive or supervised_spectral or simsiam or byol or hard_negatives or
    masked_reconstruction or python or python_pairs and augmentation.kind = additive_noise."""
    drop_rate: Union[float, Iterable[float]]
    """augmentation.drop_rate: Probability that a view loses an active atom. At 1 views have no
    signal left. Takes 0 or a number in [1e-6, 1]. Default: 0.5. Used with objective.kind = info_nce
    or spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or
    supervised_contrastive or supervised_spectral or simsiam or byol or hard_negatives or
    masked_reconstruction or python or python_pairs and augmentation.kind = atom_dropout."""
    first_atoms: Union[int, Iterable[int]]
    """augmentation.first_atoms: Number of atoms, the first ones, that can be lost. The others stay
    in both views. Takes a whole number from 1 to 4294967295. Default: not given; then every atom
    can be lost. Used with objective.kind = info_nce or spectral or barlow_twins or vicreg or
    alignment_uniformity or nt_xent or supervised_contrastive or supervised_spectral or simsiam or
    byol or hard_negatives or masked_reconstruction or python or python_pairs and augmentation.kind
    = atom_dropout."""
    network: Union[Literal["sym_relu", "relu", "linear", "cubic", "two_layers", "three_layers", "python"], Part, Iterable[Literal["sym_relu", "relu", "linear", "cubic", "two_layers", "three_layers", "python"]]]
    """network.kind: What turns pre-activations into features. sym_relu: ReLU(⟨w,x⟩ − b) −
    ReLU(−⟨w,x⟩ − b). relu: ReLU(⟨w,x⟩ − b). linear: ⟨w,x⟩, without thresholds (bias.kind = "zero").
    cubic: ⟨w,x⟩³, without thresholds (bias.kind = "zero"). two_layers: a dense layer on neurons
    ⟨w,x⟩ with thresholds. three_layers: two dense layers on neurons ⟨w,x⟩ with thresholds. python:
    a function in Python from pre-activations and thresholds to as many features. Takes one of
    sym_relu, relu, linear, cubic, two_layers, three_layers, python. Default: sym_relu."""
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
    activation: Union[Literal["sym_relu", "relu"], Iterable[Literal["sym_relu", "relu"]]]
    """network.activation: φ of every layer. sym_relu: ReLU(a − b) − ReLU(−a − b). relu: ReLU(a −
    b). Takes one of sym_relu, relu. Default: sym_relu. Used with network.kind = two_layers or
    three_layers."""
    features: Union[int, Iterable[int]]
    """network.features: Number of features of the last layer (K). Takes a whole number from 1 to
    4294967295. It must be given. Used with network.kind = two_layers or three_layers."""
    upper_thresholds: Union[Literal["zero", "trained", "ruled"], Iterable[Literal["zero", "trained", "ruled"]]]
    """network.upper_thresholds: How thresholds above the first layer move. zero: never. trained: by
    the optimiser, along their gradient, with the learning rate and weight decay of the weights.
    ruled: by the rule `bias`, with the norms of their own rows and the stage times of the first
    layer. Takes one of zero, trained, ruled. Default: zero. Used with network.kind = two_layers or
    three_layers."""
    head: Union[Literal["none", "linear", "mlp", "patch_sum"], Iterable[Literal["none", "linear", "mlp", "patch_sum"]]]
    """head.kind: What stands between features and objective. The loss reads above it, probes and
    measurements below it. none: the loss reads the features themselves (the paper). linear: a dense
    layer without thresholds. mlp: a hidden layer of ReLUs and a dense layer on it. patch_sum:
    features summed over the patches of an input, for data.kind = "patches". Takes one of none,
    linear, mlp, patch_sum. Default: none."""
    outputs: Union[int, Iterable[int]]
    """head.outputs: Number of outputs that the loss reads. Takes a whole number from 1 to
    4294967295. It must be given. Used with head.kind = linear or mlp."""
    thresholds: Union[Literal["zero", "trained"], Iterable[Literal["zero", "trained"]]]
    """head.thresholds: Thresholds of the hidden layer. zero: none. trained: by the optimiser, along
    their gradient, with the learning rate and weight decay of the weights. Takes one of zero,
    trained. Default: zero. Used with head.kind = mlp."""
    objective: Union[Literal["info_nce", "spectral", "regression", "barlow_twins", "vicreg", "alignment_uniformity", "nt_xent", "supervised_contrastive", "supervised_spectral", "simsiam", "byol", "hard_negatives", "masked_reconstruction", "logistic", "python", "python_pairs", "python_labels"], Part, Iterable[Literal["info_nce", "spectral", "regression", "barlow_twins", "vicreg", "alignment_uniformity", "nt_xent", "supervised_contrastive", "supervised_spectral", "simsiam", "byol", "hard_negatives", "masked_reconstruction", "logistic", "python", "python_pairs", "python_labels"]]]
    """objective.kind: What training minimises. info_nce: InfoNCE on un-normalised embeddings (the
    paper). spectral: the spectral contrastive loss. regression: regression tasks y = ⟨w*, z⟩ on
    labels, under a linear head that is trained too. barlow_twins: Barlow Twins: the
    cross-correlation of the two views is driven to the identity. vicreg: VICReg: invariance,
    variance and covariance of the features of two views, without negatives. alignment_uniformity:
    alignment of positives and uniformity over the sphere (Wang and Isola), without negatives.
    nt_xent: NT-Xent (SimCLR): the views of a batch against each other, on cosines, without a factor
    τ in front. supervised_contrastive: supervised contrastive loss: all views of a class attract
    each other. supervised_spectral: the spectral contrastive loss whose positives are views of
    other samples of the class. simsiam: SimSiam: a predictor guesses the other view behind
    StopGrad, without negatives. byol: BYOL: a predictor guesses the features of a moving average of
    the learner, without negatives. hard_negatives: InfoNCE whose negatives weigh the more the more
    similar they are to the anchor, with debiasing. masked_reconstruction: a linear decoder fills in
    what the anchor's mask has removed, without negatives. logistic: binary labels y = sign⟨w*, z⟩,
    under a fixed head that adds the features up. python: a function in Python of anchors, positives
    and negatives. python_pairs: a function in Python of anchors and positives. python_labels: a
    function in Python of features and codes. Takes one of info_nce, spectral, regression,
    barlow_twins, vicreg, alignment_uniformity, nt_xent, supervised_contrastive,
    supervised_spectral, simsiam, byol, hard_negatives, masked_reconstruction, logistic, python,
    python_pairs, python_labels. Default: info_nce."""
    temperature: Union[float, Iterable[float]]
    """objective.temperature: Temperature of InfoNCE (the paper's τ). Takes a number in [1e-37,
    1e37]. Default: 1.0. Used with objective.kind = info_nce or nt_xent or supervised_contrastive or
    hard_negatives."""
    stop_gradient: Union[Literal["targets", "nowhere"], Iterable[Literal["targets", "nowhere"]]]
    """objective.stop_gradient: targets: no gradient flows into positives and negatives (the paper's
    StopGrad). nowhere: it flows everywhere. Takes one of targets, nowhere. Default: targets. Used
    with objective.kind = info_nce or spectral or nt_xent or supervised_contrastive or
    supervised_spectral or hard_negatives."""
    views: Union[int, Iterable[int]]
    """objective.views: Number of views of a sample. The loss is the mean over all ordered pairs of
    different views. The views beyond the second are drawn like masked negatives, each by itself.
    Takes a whole number from 2 to 64. Default: not given; then two views. Used with objective.kind
    = info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or
    supervised_contrastive or hard_negatives."""
    tasks: Union[int, Iterable[int]]
    """objective.tasks: Number of regression tasks, at least latent_dim. Takes a whole number from 1
    to 4294967295. Default: the value of data.latent_dim. Used with objective.kind = regression."""
    head_rate_ratio: Union[float, Iterable[float]]
    """objective.head_rate_ratio: Learning rate of the head over that of the weights. Takes a number
    in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = regression."""
    label_noise: Union[float, Iterable[float]]
    """objective.label_noise: Share of the samples of a step whose label is that of another sample,
    drawn anew. Takes a number in [0, 1]. Default: not given; then every sample has its own label.
    Used with objective.kind = regression or supervised_contrastive or supervised_spectral or
    logistic."""
    redundancy_weight: Union[float, Iterable[float]]
    """objective.redundancy_weight: Weight of the squared correlations between different features (λ
    of Barlow Twins). Takes 0 or a number in [1e-37, 1e37]. Default: 5e-3. Used with objective.kind
    = barlow_twins."""
    variance_floor: Union[float, Iterable[float]]
    """objective.variance_floor: Added to the variance of a feature before it is standardised (ε of
    batch normalisation). Features of smaller variance count less. Takes a number in [1e-37, 1e37].
    Default: 1e-5. Used with objective.kind = barlow_twins."""
    invariance_weight: Union[float, Iterable[float]]
    """objective.invariance_weight: Weight of the squared distance between the two views (λ of
    VICReg). Takes 0 or a number in [1e-37, 1e37]. Default: 25.0. Used with objective.kind = vicreg."""
    variance_weight: Union[float, Iterable[float]]
    """objective.variance_weight: Weight of the hinge on the standard deviation of every feature (μ
    of VICReg). Takes 0 or a number in [1e-37, 1e37]. Default: 25.0. Used with objective.kind =
    vicreg."""
    covariance_weight: Union[float, Iterable[float]]
    """objective.covariance_weight: Weight of the squared covariances between different features (ν
    of VICReg). Takes 0 or a number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind =
    vicreg."""
    deviation_target: Union[float, Iterable[float]]
    """objective.deviation_target: Standard deviation of a feature from which on the hinge is closed
    (γ of VICReg). Takes a number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = vicreg."""
    hinge_floor: Union[float, Iterable[float]]
    """objective.hinge_floor: Added to the variance of a feature before its root is taken (ε of
    VICReg). Takes a number in [1e-37, 1e37]. Default: 1e-4. Used with objective.kind = vicreg."""
    similarity: Union[Literal["cosine", "inner_product"], Iterable[Literal["cosine", "inner_product"]]]
    """objective.similarity: cosine: the loss divides the features of every sample by their norm
    first, so that inner products are cosines (as published). inner_product: it takes features as
    they are. Takes one of cosine, inner_product. Default: cosine. Used with objective.kind =
    alignment_uniformity or nt_xent or supervised_contrastive or hard_negatives."""
    alignment_exponent: Union[float, Iterable[float]]
    """objective.alignment_exponent: Power of the distance between positives (α of Wang and Isola).
    Takes a number in [1, 1e37]. Default: 2.0. Used with objective.kind = alignment_uniformity."""
    uniformity_scale: Union[float, Iterable[float]]
    """objective.uniformity_scale: Factor of squared distances in the Gaussian potential (t of Wang
    and Isola). Takes a number in [1e-37, 1e37]. Default: 2.0. Used with objective.kind =
    alignment_uniformity."""
    alignment_weight: Union[float, Iterable[float]]
    """objective.alignment_weight: Weight of the alignment. Takes 0 or a number in [1e-37, 1e37].
    Default: 1.0. Used with objective.kind = alignment_uniformity."""
    uniformity_weight: Union[float, Iterable[float]]
    """objective.uniformity_weight: Weight of the uniformity. Takes 0 or a number in [1e-37, 1e37].
    Default: 1.0. Used with objective.kind = alignment_uniformity."""
    label_atom: Union[int, Iterable[int]]
    """objective.label_atom: Atom whose code entry gives the class, counted from 0. Its sign (-1, 0
    or 1) is the class, so that data without classes have three. Takes a whole number from 0 to
    4294967295. Default: not given; then the classes of the data law. Used with objective.kind =
    supervised_contrastive or supervised_spectral."""
    supervised_weight: Union[float, Iterable[float]]
    """objective.supervised_weight: β: share of the attraction that goes to other samples of the
    class; the rest goes to the sample's own other view. At 0 this is the spectral loss. Takes a
    number in [0, 1]. Default: 1.0. Used with objective.kind = supervised_spectral."""
    predictor: Union[Literal["linear", "hidden", "off_diagonal", "identity"], Iterable[Literal["linear", "hidden", "off_diagonal", "identity"]]]
    """objective.predictor: linear: the predictor is a matrix. hidden: it has one hidden layer of
    ReLU. off_diagonal: it is a matrix that starts as the identity and keeps its diagonal. identity:
    features are the prediction. Takes one of linear, hidden, off_diagonal, identity. Default:
    linear. Used with objective.kind = simsiam or byol."""
    predictor_width: Union[int, Iterable[int]]
    """objective.predictor_width: Number of neurons of the predictor's hidden layer. It goes with
    predictor = hidden. Takes a whole number from 1 to 4294967295. Default: not given; then as many
    as there are features. Used with objective.kind = simsiam or byol."""
    predictor_rate_ratio: Union[float, Iterable[float]]
    """objective.predictor_rate_ratio: Learning rate of the predictor over that of the weights.
    Takes a number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = simsiam or byol."""
    distance: Union[Literal["cosine", "squared", "standardised"], Iterable[Literal["cosine", "squared", "standardised"]]]
    """objective.distance: cosine: the predictor is after the direction of its target (as
    published). squared: it is after its target, by the squared distance. standardised: the same,
    where predictions and targets are first standardised over the batch, feature by feature. Takes
    one of cosine, squared, standardised. Default: cosine. Used with objective.kind = simsiam or
    byol."""
    predicting: Union[Literal["both", "anchor"], Iterable[Literal["both", "anchor"]]]
    """objective.predicting: both: each view predicts the other (as published). anchor: the anchor
    predicts the positive, and nothing predicts the anchor. Takes one of both, anchor. Default:
    both. Used with objective.kind = simsiam or byol."""
    target_decay: Union[float, Iterable[float]]
    """objective.target_decay: Share of itself that the target keeps in a step (BYOL's τ). 0: it is
    the learner. 1: it stays as it started. Takes a number in [0, 1]. Default: 0.996. Used with
    objective.kind = byol."""
    hardness: Union[float, Iterable[float]]
    """objective.hardness: How much more similar negatives weigh (β of Robinson et al.): a negative
    with similarity s has the weight e^(hardness·s/temperature). 0: all weigh the same. Takes 0 or a
    number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = hard_negatives."""
    positive_share: Union[float, Iterable[float]]
    """objective.positive_share: Share of the negatives that are taken to be positives in truth (τ⁺
    of debiased contrastive learning). It goes with similarity = cosine. Takes a number in [0, 1).
    Default: 0.0. Used with objective.kind = hard_negatives."""
    decoder_rate_ratio: Union[float, Iterable[float]]
    """objective.decoder_rate_ratio: Learning rate of the decoder over that of the weights. Takes a
    number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = masked_reconstruction."""
    adversary: Union[Literal["none", "l2", "linf", "random"], Iterable[Literal["none", "l2", "linf", "random"]]]
    """adversary.kind: What changes the inputs of anchors so that their loss grows, before every
    step. none: inputs stay as they are (the paper). l2: gradient ascent on the loss within a
    Euclidean ball around each sample (Madry et al. 2018). linf: gradient ascent on the loss within
    a cube around each sample (Madry et al. 2018). random: no ascent: a random direction, as far as
    the radius says (a control). Takes one of none, l2, linf, random. Default: none."""
    radius: Union[float, Iterable[float]]
    """adversary.radius: Largest change of a sample in units of x: of its Euclidean norm (l2) or of
    a coordinate (linf). A sample has the mean square norm activity · latent_dim + noise_variance ·
    ambient_dim. Takes a number in [1e-18, 1e18]. It must be given. Used with adversary.kind = l2 or
    linf or random."""
    step_size: Union[float, Iterable[float]]
    """adversary.step_size: Length of one step of the ascent, in the norm and the units of the
    radius. Takes a number in [1e-18, 1e18]. Default: not given; then 2.5 · radius/steps, with which
    the border can be reached from anywhere (Madry et al.). Used with adversary.kind = l2 or linf."""
    from_step: Union[int, Iterable[int]]
    """adversary.from_step: Steps of training on unchanged inputs before the adversary begins. Takes
    a whole number from 0 to 4294967295. Default: 0. Used with adversary.kind = l2 or linf or
    random."""
    anchors: Union[int, Iterable[int]]
    """batch.anchors: Samples per step (the paper's P). Takes a whole number from 1 to 4294967295.
    It must be given."""
    negatives: Union[int, Iterable[int]]
    """batch.negatives: Fresh negatives per step, shared by all anchors (the paper's N). Takes a
    whole number from 1 to 4294967295. It must be given. Used with objective.kind = info_nce or
    spectral or supervised_spectral or hard_negatives or python and batch.negative_set = fresh."""
    negative_set: Union[Literal["fresh", "in_batch"], Iterable[Literal["fresh", "in_batch"]]]
    """batch.negative_set: Where negatives come from: drawn for the purpose, or the other samples of
    the batch. Takes one of fresh, in_batch. Default: fresh. Used with objective.kind = info_nce or
    spectral or supervised_spectral or hard_negatives or python."""
    negative_views: Union[Literal["raw", "augmented"], Iterable[Literal["raw", "augmented"]]]
    """batch.negative_views: Whether negatives are raw samples (the paper) or single views (Remark
    2.4). Takes one of raw, augmented. Default: raw. Used with objective.kind = info_nce or spectral
    or supervised_spectral or hard_negatives or python."""
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
    info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or
    hard_negatives and training.dynamics = sampled."""
    mask_jitter: Union[Literal["kept", "dropped"], Iterable[Literal["kept", "dropped"]]]
    """training.mask_jitter: What reduced dynamics keeps of the masks' effect on the signal. kept:
    its first order in latent_dim/ambient_dim. dropped: nothing, as in the limit in which that ratio
    is zero. Takes one of kept, dropped. Default: kept. Used with training.dynamics = reduced and
    objective.kind = info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or
    nt_xent or supervised_contrastive or supervised_spectral or simsiam or byol or hard_negatives or
    masked_reconstruction or python or python_pairs and augmentation.kind = random_mask or
    disjoint_masks or independent_masks or atom_masks."""
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
    bias: Union[Literal["zero", "trained", "staged", "relative", "python"], Part, Iterable[Literal["zero", "trained", "staged", "relative", "python"]]]
    """bias.kind: How thresholds move. At zero the map stays linear and no neuron becomes a single
    atom. zero: never. trained: by gradient descent (footnote 4). staged: by the paper's schedule
    from T1 on. relative: with the norm of their neuron, from the first step on. python: a function
    in Python from thresholds and a step to thresholds. Takes one of zero, trained, staged,
    relative, python. Default: staged."""
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
    ratio: Union[float, Iterable[float]]
    """bias.ratio: Bias over norm, from the first step on. Takes a number in [1e-37, 1e37]. Default:
    0.5. Used with bias.kind = relative."""
    measurement: Union[Literal["standard", "per_atom", "by_level", "robust", "prediction", "python"], Part, Iterable[Part], Iterable[Literal["standard", "per_atom", "by_level", "robust", "prediction", "python"]]]
    """measure.measurement.kind: What is measured at every recorded step. standard: every
    measurement of the program. per_atom: every measurement of the program, and the learner's energy
    along each of the first 24 atoms. by_level: every measurement of the program, and the atoms of
    each level of a tree that features point along. robust: every measurement of the program, and
    the accuracy on binary labels with and without an attack. prediction: what per_atom measures,
    and the predictor of SimSiam or BYOL off its diagonal. python: every measurement of the program,
    and functions in Python. Takes one of standard, per_atom, by_level, robust, prediction, python.
    Default: standard."""
    norm: Union[Literal["l2", "linf"], Iterable[Literal["l2", "linf"]]]
    """measure.measurement.norm: The norm in which an attack is bounded. Takes one of l2, linf.
    Default: l2. Used with measure.measurement.kind = robust."""
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
    bias_rule: Union[Literal["zero", "trained", "staged", "relative", "python"], Part, Iterable[Literal["zero", "trained", "staged", "relative", "python"]]]
    """bias.kind: How thresholds move. At zero the map stays linear and no neuron becomes a single
    atom. zero: never. trained: by gradient descent (footnote 4). staged: by the paper's schedule
    from T1 on. relative: with the norm of their neuron, from the first step on. python: a function
    in Python from thresholds and a step to thresholds. Takes one of zero, trained, staged,
    relative, python. Default: staged."""
    data_law: Union[Literal["sparse_coding", "vectors", "patches", "python"], Part, Iterable[Literal["sparse_coding", "vectors", "patches", "python"]]]
    """data.kind: What a sample is. sparse_coding: x = M z + ξ, a sparse combination of atoms in
    dense noise (Definition 2.1). vectors: the vectors in a file, a part of them to train on; atoms
    are their principal directions. patches: inputs of several patches: some show a strong or a weak
    feature, the others noise. python: x = M z + ξ with a Haar dictionary M, and z and ξ from a
    function in Python. Takes one of sparse_coding, vectors, patches, python. Default:
    sparse_coding."""
    data__kind: Union[Literal["sparse_coding", "vectors", "patches", "python"], Part, Iterable[Literal["sparse_coding", "vectors", "patches", "python"]]]
    """data.kind: What a sample is. sparse_coding: x = M z + ξ, a sparse combination of atoms in
    dense noise (Definition 2.1). vectors: the vectors in a file, a part of them to train on; atoms
    are their principal directions. patches: inputs of several patches: some show a strong or a weak
    feature, the others noise. python: x = M z + ξ with a Haar dictionary M, and z and ξ from a
    function in Python. Takes one of sparse_coding, vectors, patches, python. Default:
    sparse_coding."""
    data__latent_dim: Union[int, Iterable[int]]
    """data.latent_dim: Number of atoms of the dictionary M (the paper's d). Takes a whole number
    from 3 to 4294967295. It must be given."""
    data__ambient_dim: Union[int, Iterable[int]]
    """data.ambient_dim: Dimension of a sample x (the paper's d1), at least latent_dim where atoms
    are orthonormal or at one angle. Takes a whole number from 3 to 9007199254740992. It must be
    given."""
    data__dictionary__kind: Union[Literal["haar", "hadamard", "axes", "file", "coherent", "gaussian"], Iterable[Literal["haar", "hadamard", "axes", "file", "coherent", "gaussian"]]]
    """data.dictionary.kind: Where the dictionary M comes from. haar: uniformly random orthonormal
    atoms. hadamard: a randomised Hadamard matrix, whose leverages are all equal (ambient_dim must
    be a power of two). axes: the first coordinate axes. They break the paper's assumption that
    atoms are spread over many coordinates, because masks then hide whole atoms. file: the matrix in
    a file. coherent: unit atoms in random directions; every pair has the inner product coherence.
    gaussian: independent random unit atoms, which may be more than dimensions (latent_dim above
    ambient_dim). Takes one of haar, hadamard, axes, file, coherent, gaussian. Default: haar. Used
    with data.kind = sparse_coding."""
    data__dictionary__path: Union[Union[str, os.PathLike[str]], Iterable[Union[str, os.PathLike[str]]]]
    """data.dictionary.path: File that holds M: ambient_dim rows and latent_dim orthonormal columns,
    as .npy or as text. Takes the path of a file. It must be given. Used with data.kind =
    sparse_coding and data.dictionary.kind = file."""
    data__dictionary__coherence: Union[float, Iterable[float]]
    """data.dictionary.coherence: ⟨M_i, M_j⟩ of every pair of atoms; 0: orthonormal atoms, measured
    like others at angles. Takes a number in [0, 1). Default: 0.3. Used with data.kind =
    sparse_coding and data.dictionary.kind = coherent."""
    data__latent__kind: Union[Literal["independent", "fixed_count", "power_law", "listed", "blocks", "copula", "hierarchical", "classes"], Iterable[Literal["independent", "fixed_count", "power_law", "listed", "blocks", "copula", "hierarchical", "classes"]]]
    """data.latent.kind: Which atoms are active in a sample. independent: each atom independently of
    the others (Definition 2.1). fixed_count: exactly active_count of them in every sample.
    power_law: each atom independently, the j-th with probability first_activity·j^(−exponent).
    listed: each atom independently, with the probabilities of a list. blocks: atoms in blocks that
    fire together, with signs of their own. copula: atoms whose activities are correlated, every
    pair alike (a Gaussian copula). hierarchical: a tree of atoms: an active atom of an upper level
    switches on its own group of atoms below it, with a sign pattern. classes: one class atom is
    active in every sample and decides its label; a subclass atom of the class and other atoms do
    not. Takes one of independent, fixed_count, power_law, listed, blocks, copula, hierarchical,
    classes. Default: independent. Used with data.kind = sparse_coding."""
    data__latent__activity: Union[float, Iterable[float]]
    """data.latent.activity: Pr(z_j ≠ 0) of each atom (the paper's p). Takes a number in [1e-6, 1].
    Default: not given; then activity_constant sets it. Used with data.kind = sparse_coding and
    data.latent.kind = independent or copula or classes."""
    data__latent__activity_constant: Union[float, Iterable[float]]
    """data.latent.activity_constant: C_z in the paper's order of magnitude, activity = C_z·ln ln
    d/d. Takes a number in [1e-37, 1e37]. Default: 1.0. Used with data.kind = sparse_coding and
    data.latent.kind = independent or copula or classes."""
    data__latent__values: Union[Literal["signs", "gaussian", "laplace", "uniform"], Iterable[Literal["signs", "gaussian", "laplace", "uniform"]]]
    """data.latent.values: How large an active entry of the code is, with a fair sign. signs: 1.
    gaussian: a normal number. laplace: a Laplace number. uniform: uniform on [0.5, 1.5], over
    √(13/12). Each has the mean square 1, times the strength of the atom where the law has
    strengths. Takes one of signs, gaussian, laplace, uniform. Default: signs. Used with data.kind =
    sparse_coding."""
    data__latent__active_count: Union[int, Iterable[int]]
    """data.latent.active_count: Exactly this many atoms are active in every sample, at most
    latent_dim. Takes a whole number from 1 to 4294967295. It must be given. Used with data.kind =
    sparse_coding and data.latent.kind = fixed_count."""
    data__latent__first_activity: Union[float, Iterable[float]]
    """data.latent.first_activity: Probability that the first atom is active. Takes a number in
    [1e-6, 1]. Default: 0.2. Used with data.kind = sparse_coding and data.latent.kind = power_law."""
    data__latent__exponent: Union[float, Iterable[float]]
    """data.latent.exponent: How fast the activity falls with the index of the atom; 0: not at all.
    Takes 0 or a number in [1e-37, 1e37]. Default: 1.0. Used with data.kind = sparse_coding and
    data.latent.kind = power_law."""
    data__latent__strength_exponent: Union[float, Iterable[float]]
    """data.latent.strength_exponent: How fast E z_j² of an active atom falls with its index, as
    j^(−strength_exponent); 0: it is 1 for all. Takes 0 or a number in [1e-37, 1e37]. Default: 0.0.
    Used with data.kind = sparse_coding and data.latent.kind = power_law."""
    data__latent__activities: Union[Iterable[float], Iterable[Iterable[float]]]
    """data.latent.activities: Pr(z_j ≠ 0) of every atom: a list of latent_dim numbers, or a file
    with them. Takes a list, each entry a number in [1e-6, 1], or the path of a file with them. It
    must be given. Used with data.kind = sparse_coding and data.latent.kind = listed."""
    data__latent__strengths: Union[Iterable[float], Iterable[Iterable[float]]]
    """data.latent.strengths: E z_j² of every atom where it is active: a list of latent_dim numbers,
    or a file with them. Takes a list, each entry a number in [1e-18, 1e18], or the path of a file
    with them. Default: not given; then every strength is 1. Used with data.kind = sparse_coding and
    data.latent.kind = listed."""
    data__latent__block_size: Union[int, Iterable[int]]
    """data.latent.block_size: Atoms of a block; the last block may be smaller. Takes a whole number
    from 1 to 4294967295. Default: 4. Used with data.kind = sparse_coding and data.latent.kind =
    blocks."""
    data__latent__block_activity: Union[float, Iterable[float]]
    """data.latent.block_activity: Probability that a block is on. Takes a number in [1e-6, 1].
    Default: 0.1. Used with data.kind = sparse_coding and data.latent.kind = blocks."""
    data__latent__member_activity: Union[float, Iterable[float]]
    """data.latent.member_activity: Probability that an atom is active where its block is on. Takes
    a number in [1e-6, 1]. Default: 1.0. Used with data.kind = sparse_coding and data.latent.kind =
    blocks."""
    data__latent__correlation: Union[float, Iterable[float]]
    """data.latent.correlation: Correlation of the Gaussian numbers that decide which atoms are
    active; that of the activities is smaller. 0: independent atoms. Takes a number in [0, 1).
    Default: 0.3. Used with data.kind = sparse_coding and data.latent.kind = copula."""
    data__latent__levels: Union[int, Iterable[int]]
    """data.latent.levels: Levels of the tree; the lowest one is the dictionary. Takes a whole
    number from 2 to 3. Default: 2. Used with data.kind = sparse_coding and data.latent.kind =
    hierarchical."""
    data__latent__fan_out: Union[int, Iterable[int]]
    """data.latent.fan_out: Children of an atom of an upper level. latent_dim must be a multiple of
    fan_out, with three levels of its square. Takes a whole number from 2 to 4294967295. Default: 4.
    Used with data.kind = sparse_coding and data.latent.kind = hierarchical."""
    data__latent__top_activity: Union[float, Iterable[float]]
    """data.latent.top_activity: Probability that an atom of the top level is active. Takes a number
    in [1e-6, 1]. Default: 0.1. Used with data.kind = sparse_coding and data.latent.kind =
    hierarchical."""
    data__latent__child_activity: Union[float, Iterable[float]]
    """data.latent.child_activity: Probability that an atom is active where its parent is. Takes a
    number in [1e-6, 1]. Default: 0.5. Used with data.kind = sparse_coding and data.latent.kind =
    hierarchical."""
    data__latent__classes: Union[int, Iterable[int]]
    """data.latent.classes: Number of classes, each with an atom of its own. Takes a whole number
    from 2 to 4294967295. Default: 2. Used with data.kind = sparse_coding and data.latent.kind =
    classes."""
    data__latent__subclasses: Union[int, Iterable[int]]
    """data.latent.subclasses: Subclasses of each class, each with an atom of its own; 0: none.
    Takes a whole number from 0 to 4294967295. Default: 2. Used with data.kind = sparse_coding and
    data.latent.kind = classes."""
    data__latent__class_strength: Union[float, Iterable[float]]
    """data.latent.class_strength: E z_j² of the active class atom. That of other atoms is 1. Takes
    a number in [1e-18, 1e18]. Default: 1.0. Used with data.kind = sparse_coding and
    data.latent.kind = classes."""
    data__latent__subclass_strength: Union[float, Iterable[float]]
    """data.latent.subclass_strength: E z_j² of the active subclass atom. Takes a number in [1e-18,
    1e18]. Default: 1.0. Used with data.kind = sparse_coding and data.latent.kind = classes."""
    data__noise_variance: Union[float, Iterable[float]]
    """data.noise_variance: Variance of each coordinate of the dense noise ξ (the paper's σ²). Takes
    0 or a number in [1e-37, 1e37]. Default: not given; then noise_constant sets it. Used with
    data.kind = sparse_coding or patches."""
    data__noise_constant: Union[float, Iterable[float]]
    """data.noise_constant: C_σ in the paper's order of magnitude, noise_variance = C_σ·√(ln d)/d.
    Takes 0 or a number in [1e-37, 1e37]. Default: 0.7. Used with data.kind = sparse_coding or
    patches."""
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
    data__noise__kind: Union[Literal["gaussian", "student", "uniform"], Iterable[Literal["gaussian", "student", "uniform"]]]
    """data.noise.kind: The law of the coordinates of the dense noise ξ; their variance is
    noise_variance. gaussian: normal numbers (Definition 2.1). student: numbers with heavy tails,
    Student's t scaled to the variance. uniform: numbers uniform on [−√3 σ, √3 σ], σ² the variance.
    Takes one of gaussian, student, uniform. Default: gaussian. Used with data.kind = sparse_coding."""
    data__noise__freedom: Union[float, Iterable[float]]
    """data.noise.freedom: Degrees of freedom of Student's t; above 2, so that there is a variance.
    The fewer, the heavier the tails. Takes a number in (2, 1e37]. Default: 3.0. Used with data.kind
    = sparse_coding and data.noise.kind = student."""
    data__training_samples: Union[int, Iterable[int]]
    """data.training_samples: Samples that training goes through in epochs, in another order in
    each. Measurements and probes draw fresh ones. Takes a whole number from 1 to 4294967295.
    Default: not given; then every training sample is fresh. Used with data.kind = sparse_coding."""
    data__path: Union[Union[str, os.PathLike[str]], Iterable[Union[str, os.PathLike[str]]]]
    """data.path: File with one vector per row, ambient_dim columns, as .npy, as .parquet or as
    text. Takes the path of a file. It must be given. Used with data.kind = vectors."""
    data__training_vectors: Union[int, Iterable[int]]
    """data.training_vectors: Vectors that training goes through in epochs, drawn from those of the
    file. Probes are fitted on them too. Takes a whole number from 1 to 4294967295. It must be
    given. Used with data.kind = vectors."""
    data__test_vectors: Union[int, Iterable[int]]
    """data.test_vectors: Other vectors of the file, for measurements and for the tests of probes.
    What is left, at least one vector, is for the validation of probes. Takes a whole number from 1
    to 4294967295. It must be given. Used with data.kind = vectors."""
    data__patches: Union[int, Iterable[int]]
    """data.patches: Number of patches of an input (P). They are consecutive rows of a batch. Takes
    a whole number from 2 to 4294967295. Default: 8. Used with data.kind = patches."""
    data__feature_patches: Union[int, Iterable[int]]
    """data.feature_patches: Number of its patches that show the feature of the input (P_0), at most
    patches. Takes a whole number from 1 to 4294967295. Default: 4. Used with data.kind = patches."""
    data__amplitudes: Union[Iterable[float], Iterable[Iterable[float]]]
    """data.amplitudes: Size of each feature in a patch (α), a list of at most latent_dim numbers.
    Atoms beyond it never appear. Takes a list, each entry a number in [1e-18, 1e18], or the path of
    a file with them. Default: [2.0, 1.0]. Used with data.kind = patches."""
    data__function: Union[str, Iterable[str]]
    """data.function: A function in Python: its name and a digest of its source and version, as
    featurescope's decorators give them. Takes a text. It must be given. Used with data.kind =
    python."""
    augmentation__kind: Union[Literal["random_mask", "disjoint_masks", "independent_masks", "none", "additive_noise", "atom_dropout", "atom_masks", "patch_masks", "python"], Part, Iterable[Literal["random_mask", "disjoint_masks", "independent_masks", "none", "additive_noise", "atom_dropout", "atom_masks", "patch_masks", "python"]]]
    """augmentation.kind: How a sample becomes two views. random_mask: complementary masks, 2Dx and
    2(I−D)x (the paper). disjoint_masks: each view keeps keep_rate of the coordinates, overlapping
    as little as possible. independent_masks: each view keeps keep_rate, drawn independently. none:
    both views are the sample. additive_noise: each view gets normal noise of its own. atom_dropout:
    each view loses each active atom with probability drop_rate, the noise stays. atom_masks:
    complementary masks whose coordinates go together where the same atoms have their energy.
    patch_masks: each patch, a row of the batch, goes to one of the two views by a fair coin.
    python: a function in Python from a batch of samples to two batches of views. Takes one of
    random_mask, disjoint_masks, independent_masks, none, additive_noise, atom_dropout, atom_masks,
    patch_masks, python. Default: random_mask. Used with objective.kind = info_nce or spectral or
    barlow_twins or vicreg or alignment_uniformity or nt_xent or supervised_contrastive or
    supervised_spectral or simsiam or byol or hard_negatives or masked_reconstruction or python or
    python_pairs."""
    augmentation__keep_rate: Union[float, Iterable[float]]
    """augmentation.keep_rate: Probability that a view (with random_mask: the anchor) keeps a
    coordinate. The paper has 1/2. Takes a number in [1e-6, 1]. Default: 0.5. Used with
    objective.kind = info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or
    nt_xent or supervised_contrastive or supervised_spectral or simsiam or byol or hard_negatives or
    masked_reconstruction or python or python_pairs and augmentation.kind = random_mask or
    disjoint_masks or independent_masks or atom_masks."""
    augmentation__deviation: Union[float, Iterable[float]]
    """augmentation.deviation: Standard deviation of the noise that a view gets in every coordinate,
    in units of x. Takes a number in [1e-18, 1e18]. Default: 0.1. Used with objective.kind =
    info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or
    supervised_contrastive or supervised_spectral or simsiam or byol or hard_negatives or
    masked_reconstruction or python or python_pairs and augmentation.kind = additive_noise."""
    augmentation__drop_rate: Union[float, Iterable[float]]
    """augmentation.drop_rate: Probability that a view loses an active atom. At 1 views have no
    signal left. Takes 0 or a number in [1e-6, 1]. Default: 0.5. Used with objective.kind = info_nce
    or spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or
    supervised_contrastive or supervised_spectral or simsiam or byol or hard_negatives or
    masked_reconstruction or python or python_pairs and augmentation.kind = atom_dropout."""
    augmentation__first_atoms: Union[int, Iterable[int]]
    """augmentation.first_atoms: Number of atoms, the first ones, that can be lost. The others stay
    in both views. Takes a whole number from 1 to 4294967295. Default: not given; then every atom
    can be lost. Used with objective.kind = info_nce or spectral or barlow_twins or vicreg or
    alignment_uniformity or nt_xent or supervised_contrastive or supervised_spectral or simsiam or
    byol or hard_negatives or masked_reconstruction or python or python_pairs and augmentation.kind
    = atom_dropout."""
    augmentation__correlation: Union[float, Iterable[float]]
    """augmentation.correlation: How much masks follow the atoms. At 0 they are independent of them,
    which is random_mask. At 1 a coordinate goes with an atom that is drawn in proportion to its
    energy there. Takes a number in [0, 1]. Default: 1.0. Used with objective.kind = info_nce or
    spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or supervised_contrastive
    or supervised_spectral or simsiam or byol or hard_negatives or masked_reconstruction or python
    or python_pairs and augmentation.kind = atom_masks."""
    augmentation__function: Union[str, Iterable[str]]
    """augmentation.function: A function in Python: its name and a digest of its source and version,
    as featurescope's decorators give them. Takes a text. It must be given. Used with objective.kind
    = info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or
    supervised_contrastive or supervised_spectral or simsiam or byol or hard_negatives or
    masked_reconstruction or python or python_pairs and augmentation.kind = python."""
    network__kind: Union[Literal["sym_relu", "relu", "linear", "cubic", "two_layers", "three_layers", "python"], Part, Iterable[Literal["sym_relu", "relu", "linear", "cubic", "two_layers", "three_layers", "python"]]]
    """network.kind: What turns pre-activations into features. sym_relu: ReLU(⟨w,x⟩ − b) −
    ReLU(−⟨w,x⟩ − b). relu: ReLU(⟨w,x⟩ − b). linear: ⟨w,x⟩, without thresholds (bias.kind = "zero").
    cubic: ⟨w,x⟩³, without thresholds (bias.kind = "zero"). two_layers: a dense layer on neurons
    ⟨w,x⟩ with thresholds. three_layers: two dense layers on neurons ⟨w,x⟩ with thresholds. python:
    a function in Python from pre-activations and thresholds to as many features. Takes one of
    sym_relu, relu, linear, cubic, two_layers, three_layers, python. Default: sym_relu."""
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
    network__activation: Union[Literal["sym_relu", "relu"], Iterable[Literal["sym_relu", "relu"]]]
    """network.activation: φ of every layer. sym_relu: ReLU(a − b) − ReLU(−a − b). relu: ReLU(a −
    b). Takes one of sym_relu, relu. Default: sym_relu. Used with network.kind = two_layers or
    three_layers."""
    network__features: Union[int, Iterable[int]]
    """network.features: Number of features of the last layer (K). Takes a whole number from 1 to
    4294967295. It must be given. Used with network.kind = two_layers or three_layers."""
    network__upper_thresholds: Union[Literal["zero", "trained", "ruled"], Iterable[Literal["zero", "trained", "ruled"]]]
    """network.upper_thresholds: How thresholds above the first layer move. zero: never. trained: by
    the optimiser, along their gradient, with the learning rate and weight decay of the weights.
    ruled: by the rule `bias`, with the norms of their own rows and the stage times of the first
    layer. Takes one of zero, trained, ruled. Default: zero. Used with network.kind = two_layers or
    three_layers."""
    network__batch_norm: Union[Literal["nowhere", "upper"], Iterable[Literal["nowhere", "upper"]]]
    """network.batch_norm: Where pre-activations are normalised over the batch, with a learned scale
    and shift. upper: in every layer but the first. Training normalises by the statistics of each
    branch, measurements and probes by running averages of them. Takes one of nowhere, upper.
    Default: nowhere. Used with network.kind = two_layers or three_layers."""
    network__hidden: Union[int, Iterable[int]]
    """network.hidden: Number of neurons of the second of three layers. Takes a whole number from 1
    to 4294967295. It must be given. Used with network.kind = three_layers."""
    network__function: Union[str, Iterable[str]]
    """network.function: A function in Python: its name and a digest of its source and version, as
    featurescope's decorators give them. Takes a text. It must be given. Used with network.kind =
    python."""
    head__kind: Union[Literal["none", "linear", "mlp", "patch_sum"], Iterable[Literal["none", "linear", "mlp", "patch_sum"]]]
    """head.kind: What stands between features and objective. The loss reads above it, probes and
    measurements below it. none: the loss reads the features themselves (the paper). linear: a dense
    layer without thresholds. mlp: a hidden layer of ReLUs and a dense layer on it. patch_sum:
    features summed over the patches of an input, for data.kind = "patches". Takes one of none,
    linear, mlp, patch_sum. Default: none."""
    head__outputs: Union[int, Iterable[int]]
    """head.outputs: Number of outputs that the loss reads. Takes a whole number from 1 to
    4294967295. It must be given. Used with head.kind = linear or mlp."""
    head__output: Union[Literal["plain", "normalised"], Iterable[Literal["plain", "normalised"]]]
    """head.output: plain: outputs as they are. normalised: the outputs of every sample are divided
    by their norm, so that the loss sees cosines. Takes one of plain, normalised. Default: plain.
    Used with head.kind = linear or mlp."""
    head__hidden: Union[int, Iterable[int]]
    """head.hidden: Number of ReLUs of the hidden layer. Takes a whole number from 1 to 4294967295.
    It must be given. Used with head.kind = mlp."""
    head__thresholds: Union[Literal["zero", "trained"], Iterable[Literal["zero", "trained"]]]
    """head.thresholds: Thresholds of the hidden layer. zero: none. trained: by the optimiser, along
    their gradient, with the learning rate and weight decay of the weights. Takes one of zero,
    trained. Default: zero. Used with head.kind = mlp."""
    head__batch_norm: Union[Literal["nowhere", "hidden", "everywhere"], Iterable[Literal["nowhere", "hidden", "everywhere"]]]
    """head.batch_norm: Where pre-activations are normalised over the batch, with a learned scale
    and shift. hidden: before the ReLUs. everywhere: also the outputs. Every branch is normalised by
    its own statistics. Takes one of nowhere, hidden, everywhere. Default: nowhere. Used with
    head.kind = mlp."""
    head__patches: Union[int, Iterable[int]]
    """head.patches: Number of patches that an input has, as data.patches. Takes a whole number from
    1 to 4294967295. It must be given. Used with head.kind = patch_sum."""
    objective__kind: Union[Literal["info_nce", "spectral", "regression", "barlow_twins", "vicreg", "alignment_uniformity", "nt_xent", "supervised_contrastive", "supervised_spectral", "simsiam", "byol", "hard_negatives", "masked_reconstruction", "logistic", "python", "python_pairs", "python_labels"], Part, Iterable[Literal["info_nce", "spectral", "regression", "barlow_twins", "vicreg", "alignment_uniformity", "nt_xent", "supervised_contrastive", "supervised_spectral", "simsiam", "byol", "hard_negatives", "masked_reconstruction", "logistic", "python", "python_pairs", "python_labels"]]]
    """objective.kind: What training minimises. info_nce: InfoNCE on un-normalised embeddings (the
    paper). spectral: the spectral contrastive loss. regression: regression tasks y = ⟨w*, z⟩ on
    labels, under a linear head that is trained too. barlow_twins: Barlow Twins: the
    cross-correlation of the two views is driven to the identity. vicreg: VICReg: invariance,
    variance and covariance of the features of two views, without negatives. alignment_uniformity:
    alignment of positives and uniformity over the sphere (Wang and Isola), without negatives.
    nt_xent: NT-Xent (SimCLR): the views of a batch against each other, on cosines, without a factor
    τ in front. supervised_contrastive: supervised contrastive loss: all views of a class attract
    each other. supervised_spectral: the spectral contrastive loss whose positives are views of
    other samples of the class. simsiam: SimSiam: a predictor guesses the other view behind
    StopGrad, without negatives. byol: BYOL: a predictor guesses the features of a moving average of
    the learner, without negatives. hard_negatives: InfoNCE whose negatives weigh the more the more
    similar they are to the anchor, with debiasing. masked_reconstruction: a linear decoder fills in
    what the anchor's mask has removed, without negatives. logistic: binary labels y = sign⟨w*, z⟩,
    under a fixed head that adds the features up. python: a function in Python of anchors, positives
    and negatives. python_pairs: a function in Python of anchors and positives. python_labels: a
    function in Python of features and codes. Takes one of info_nce, spectral, regression,
    barlow_twins, vicreg, alignment_uniformity, nt_xent, supervised_contrastive,
    supervised_spectral, simsiam, byol, hard_negatives, masked_reconstruction, logistic, python,
    python_pairs, python_labels. Default: info_nce."""
    objective__temperature: Union[float, Iterable[float]]
    """objective.temperature: Temperature of InfoNCE (the paper's τ). Takes a number in [1e-37,
    1e37]. Default: 1.0. Used with objective.kind = info_nce or nt_xent or supervised_contrastive or
    hard_negatives."""
    objective__stop_gradient: Union[Literal["targets", "nowhere"], Iterable[Literal["targets", "nowhere"]]]
    """objective.stop_gradient: targets: no gradient flows into positives and negatives (the paper's
    StopGrad). nowhere: it flows everywhere. Takes one of targets, nowhere. Default: targets. Used
    with objective.kind = info_nce or spectral or nt_xent or supervised_contrastive or
    supervised_spectral or hard_negatives."""
    objective__views: Union[int, Iterable[int]]
    """objective.views: Number of views of a sample. The loss is the mean over all ordered pairs of
    different views. The views beyond the second are drawn like masked negatives, each by itself.
    Takes a whole number from 2 to 64. Default: not given; then two views. Used with objective.kind
    = info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or
    supervised_contrastive or hard_negatives."""
    objective__tasks: Union[int, Iterable[int]]
    """objective.tasks: Number of regression tasks, at least latent_dim. Takes a whole number from 1
    to 4294967295. Default: the value of data.latent_dim. Used with objective.kind = regression."""
    objective__head_rate_ratio: Union[float, Iterable[float]]
    """objective.head_rate_ratio: Learning rate of the head over that of the weights. Takes a number
    in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = regression."""
    objective__label_noise: Union[float, Iterable[float]]
    """objective.label_noise: Share of the samples of a step whose label is that of another sample,
    drawn anew. Takes a number in [0, 1]. Default: not given; then every sample has its own label.
    Used with objective.kind = regression or supervised_contrastive or supervised_spectral or
    logistic."""
    objective__correlation: Union[Literal["standardised", "raw"], Iterable[Literal["standardised", "raw"]]]
    """objective.correlation: standardised: every feature is standardised over the batch first, as
    published. raw: the plain mean of products of features, symmetrised over the two views (linear
    theory, with redundancy_weight 1). Takes one of standardised, raw. Default: standardised. Used
    with objective.kind = barlow_twins."""
    objective__redundancy_weight: Union[float, Iterable[float]]
    """objective.redundancy_weight: Weight of the squared correlations between different features (λ
    of Barlow Twins). Takes 0 or a number in [1e-37, 1e37]. Default: 5e-3. Used with objective.kind
    = barlow_twins."""
    objective__variance_floor: Union[float, Iterable[float]]
    """objective.variance_floor: Added to the variance of a feature before it is standardised (ε of
    batch normalisation). Features of smaller variance count less. Takes a number in [1e-37, 1e37].
    Default: 1e-5. Used with objective.kind = barlow_twins."""
    objective__invariance_weight: Union[float, Iterable[float]]
    """objective.invariance_weight: Weight of the squared distance between the two views (λ of
    VICReg). Takes 0 or a number in [1e-37, 1e37]. Default: 25.0. Used with objective.kind = vicreg."""
    objective__variance_weight: Union[float, Iterable[float]]
    """objective.variance_weight: Weight of the hinge on the standard deviation of every feature (μ
    of VICReg). Takes 0 or a number in [1e-37, 1e37]. Default: 25.0. Used with objective.kind =
    vicreg."""
    objective__covariance_weight: Union[float, Iterable[float]]
    """objective.covariance_weight: Weight of the squared covariances between different features (ν
    of VICReg). Takes 0 or a number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind =
    vicreg."""
    objective__deviation_target: Union[float, Iterable[float]]
    """objective.deviation_target: Standard deviation of a feature from which on the hinge is closed
    (γ of VICReg). Takes a number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = vicreg."""
    objective__hinge_floor: Union[float, Iterable[float]]
    """objective.hinge_floor: Added to the variance of a feature before its root is taken (ε of
    VICReg). Takes a number in [1e-37, 1e37]. Default: 1e-4. Used with objective.kind = vicreg."""
    objective__similarity: Union[Literal["cosine", "inner_product"], Iterable[Literal["cosine", "inner_product"]]]
    """objective.similarity: cosine: the loss divides the features of every sample by their norm
    first, so that inner products are cosines (as published). inner_product: it takes features as
    they are. Takes one of cosine, inner_product. Default: cosine. Used with objective.kind =
    alignment_uniformity or nt_xent or supervised_contrastive or hard_negatives."""
    objective__alignment_exponent: Union[float, Iterable[float]]
    """objective.alignment_exponent: Power of the distance between positives (α of Wang and Isola).
    Takes a number in [1, 1e37]. Default: 2.0. Used with objective.kind = alignment_uniformity."""
    objective__uniformity_scale: Union[float, Iterable[float]]
    """objective.uniformity_scale: Factor of squared distances in the Gaussian potential (t of Wang
    and Isola). Takes a number in [1e-37, 1e37]. Default: 2.0. Used with objective.kind =
    alignment_uniformity."""
    objective__alignment_weight: Union[float, Iterable[float]]
    """objective.alignment_weight: Weight of the alignment. Takes 0 or a number in [1e-37, 1e37].
    Default: 1.0. Used with objective.kind = alignment_uniformity."""
    objective__uniformity_weight: Union[float, Iterable[float]]
    """objective.uniformity_weight: Weight of the uniformity. Takes 0 or a number in [1e-37, 1e37].
    Default: 1.0. Used with objective.kind = alignment_uniformity."""
    objective__label_atom: Union[int, Iterable[int]]
    """objective.label_atom: Atom whose code entry gives the class, counted from 0. Its sign (-1, 0
    or 1) is the class, so that data without classes have three. Takes a whole number from 0 to
    4294967295. Default: not given; then the classes of the data law. Used with objective.kind =
    supervised_contrastive or supervised_spectral."""
    objective__supervised_weight: Union[float, Iterable[float]]
    """objective.supervised_weight: β: share of the attraction that goes to other samples of the
    class; the rest goes to the sample's own other view. At 0 this is the spectral loss. Takes a
    number in [0, 1]. Default: 1.0. Used with objective.kind = supervised_spectral."""
    objective__predictor: Union[Literal["linear", "hidden", "off_diagonal", "identity"], Iterable[Literal["linear", "hidden", "off_diagonal", "identity"]]]
    """objective.predictor: linear: the predictor is a matrix. hidden: it has one hidden layer of
    ReLU. off_diagonal: it is a matrix that starts as the identity and keeps its diagonal. identity:
    features are the prediction. Takes one of linear, hidden, off_diagonal, identity. Default:
    linear. Used with objective.kind = simsiam or byol."""
    objective__predictor_width: Union[int, Iterable[int]]
    """objective.predictor_width: Number of neurons of the predictor's hidden layer. It goes with
    predictor = hidden. Takes a whole number from 1 to 4294967295. Default: not given; then as many
    as there are features. Used with objective.kind = simsiam or byol."""
    objective__predictor_rate_ratio: Union[float, Iterable[float]]
    """objective.predictor_rate_ratio: Learning rate of the predictor over that of the weights.
    Takes a number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = simsiam or byol."""
    objective__distance: Union[Literal["cosine", "squared", "standardised"], Iterable[Literal["cosine", "squared", "standardised"]]]
    """objective.distance: cosine: the predictor is after the direction of its target (as
    published). squared: it is after its target, by the squared distance. standardised: the same,
    where predictions and targets are first standardised over the batch, feature by feature. Takes
    one of cosine, squared, standardised. Default: cosine. Used with objective.kind = simsiam or
    byol."""
    objective__predicting: Union[Literal["both", "anchor"], Iterable[Literal["both", "anchor"]]]
    """objective.predicting: both: each view predicts the other (as published). anchor: the anchor
    predicts the positive, and nothing predicts the anchor. Takes one of both, anchor. Default:
    both. Used with objective.kind = simsiam or byol."""
    objective__target_decay: Union[float, Iterable[float]]
    """objective.target_decay: Share of itself that the target keeps in a step (BYOL's τ). 0: it is
    the learner. 1: it stays as it started. Takes a number in [0, 1]. Default: 0.996. Used with
    objective.kind = byol."""
    objective__hardness: Union[float, Iterable[float]]
    """objective.hardness: How much more similar negatives weigh (β of Robinson et al.): a negative
    with similarity s has the weight e^(hardness·s/temperature). 0: all weigh the same. Takes 0 or a
    number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = hard_negatives."""
    objective__positive_share: Union[float, Iterable[float]]
    """objective.positive_share: Share of the negatives that are taken to be positives in truth (τ⁺
    of debiased contrastive learning). It goes with similarity = cosine. Takes a number in [0, 1).
    Default: 0.0. Used with objective.kind = hard_negatives."""
    objective__decoder_rate_ratio: Union[float, Iterable[float]]
    """objective.decoder_rate_ratio: Learning rate of the decoder over that of the weights. Takes a
    number in [1e-37, 1e37]. Default: 1.0. Used with objective.kind = masked_reconstruction."""
    objective__function: Union[str, Iterable[str]]
    """objective.function: A function in Python: its name and a digest of its source and version, as
    featurescope's decorators give them. Takes a text. It must be given. Used with objective.kind =
    python or python_pairs or python_labels."""
    adversary__kind: Union[Literal["none", "l2", "linf", "random"], Iterable[Literal["none", "l2", "linf", "random"]]]
    """adversary.kind: What changes the inputs of anchors so that their loss grows, before every
    step. none: inputs stay as they are (the paper). l2: gradient ascent on the loss within a
    Euclidean ball around each sample (Madry et al. 2018). linf: gradient ascent on the loss within
    a cube around each sample (Madry et al. 2018). random: no ascent: a random direction, as far as
    the radius says (a control). Takes one of none, l2, linf, random. Default: none."""
    adversary__radius: Union[float, Iterable[float]]
    """adversary.radius: Largest change of a sample in units of x: of its Euclidean norm (l2) or of
    a coordinate (linf). A sample has the mean square norm activity · latent_dim + noise_variance ·
    ambient_dim. Takes a number in [1e-18, 1e18]. It must be given. Used with adversary.kind = l2 or
    linf or random."""
    adversary__steps: Union[int, Iterable[int]]
    """adversary.steps: Steps of the ascent. Each costs a pass through the network forward and
    backward. Takes a whole number from 1 to 4294967295. Default: 3. Used with adversary.kind = l2
    or linf."""
    adversary__step_size: Union[float, Iterable[float]]
    """adversary.step_size: Length of one step of the ascent, in the norm and the units of the
    radius. Takes a number in [1e-18, 1e18]. Default: not given; then 2.5 · radius/steps, with which
    the border can be reached from anywhere (Madry et al.). Used with adversary.kind = l2 or linf."""
    adversary__from_step: Union[int, Iterable[int]]
    """adversary.from_step: Steps of training on unchanged inputs before the adversary begins. Takes
    a whole number from 0 to 4294967295. Default: 0. Used with adversary.kind = l2 or linf or
    random."""
    batch__anchors: Union[int, Iterable[int]]
    """batch.anchors: Samples per step (the paper's P). Takes a whole number from 1 to 4294967295.
    It must be given."""
    batch__negatives: Union[int, Iterable[int]]
    """batch.negatives: Fresh negatives per step, shared by all anchors (the paper's N). Takes a
    whole number from 1 to 4294967295. It must be given. Used with objective.kind = info_nce or
    spectral or supervised_spectral or hard_negatives or python and batch.negative_set = fresh."""
    batch__negative_set: Union[Literal["fresh", "in_batch"], Iterable[Literal["fresh", "in_batch"]]]
    """batch.negative_set: Where negatives come from: drawn for the purpose, or the other samples of
    the batch. Takes one of fresh, in_batch. Default: fresh. Used with objective.kind = info_nce or
    spectral or supervised_spectral or hard_negatives or python."""
    batch__negative_views: Union[Literal["raw", "augmented"], Iterable[Literal["raw", "augmented"]]]
    """batch.negative_views: Whether negatives are raw samples (the paper) or single views (Remark
    2.4). Takes one of raw, augmented. Default: raw. Used with objective.kind = info_nce or spectral
    or supervised_spectral or hard_negatives or python."""
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
    info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or nt_xent or
    hard_negatives and training.dynamics = sampled."""
    training__mask_jitter: Union[Literal["kept", "dropped"], Iterable[Literal["kept", "dropped"]]]
    """training.mask_jitter: What reduced dynamics keeps of the masks' effect on the signal. kept:
    its first order in latent_dim/ambient_dim. dropped: nothing, as in the limit in which that ratio
    is zero. Takes one of kept, dropped. Default: kept. Used with training.dynamics = reduced and
    objective.kind = info_nce or spectral or barlow_twins or vicreg or alignment_uniformity or
    nt_xent or supervised_contrastive or supervised_spectral or simsiam or byol or hard_negatives or
    masked_reconstruction or python or python_pairs and augmentation.kind = random_mask or
    disjoint_masks or independent_masks or atom_masks."""
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
    bias__kind: Union[Literal["zero", "trained", "staged", "relative", "python"], Part, Iterable[Literal["zero", "trained", "staged", "relative", "python"]]]
    """bias.kind: How thresholds move. At zero the map stays linear and no neuron becomes a single
    atom. zero: never. trained: by gradient descent (footnote 4). staged: by the paper's schedule
    from T1 on. relative: with the norm of their neuron, from the first step on. python: a function
    in Python from thresholds and a step to thresholds. Takes one of zero, trained, staged,
    relative, python. Default: staged."""
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
    bias__ratio: Union[float, Iterable[float]]
    """bias.ratio: Bias over norm, from the first step on. Takes a number in [1e-37, 1e37]. Default:
    0.5. Used with bias.kind = relative."""
    bias__function: Union[str, Iterable[str]]
    """bias.function: A function in Python: its name and a digest of its source and version, as
    featurescope's decorators give them. Takes a text. It must be given. Used with bias.kind =
    python."""
    measure__measurement__kind: Union[Literal["standard", "per_atom", "by_level", "robust", "prediction", "python"], Part, Iterable[Part], Iterable[Literal["standard", "per_atom", "by_level", "robust", "prediction", "python"]]]
    """measure.measurement.kind: What is measured at every recorded step. standard: every
    measurement of the program. per_atom: every measurement of the program, and the learner's energy
    along each of the first 24 atoms. by_level: every measurement of the program, and the atoms of
    each level of a tree that features point along. robust: every measurement of the program, and
    the accuracy on binary labels with and without an attack. prediction: what per_atom measures,
    and the predictor of SimSiam or BYOL off its diagonal. python: every measurement of the program,
    and functions in Python. Takes one of standard, per_atom, by_level, robust, prediction, python.
    Default: standard."""
    measure__measurement__norm: Union[Literal["l2", "linf"], Iterable[Literal["l2", "linf"]]]
    """measure.measurement.norm: The norm in which an attack is bounded. Takes one of l2, linf.
    Default: l2. Used with measure.measurement.kind = robust."""
    measure__measurement__radius: Union[float, Iterable[float]]
    """measure.measurement.radius: Largest change of a sample under attack in units of x, in the
    norm. Takes a number in [1e-18, 1e18]. It must be given. Used with measure.measurement.kind =
    robust."""
    measure__measurement__steps: Union[int, Iterable[int]]
    """measure.measurement.steps: Steps of the ascent of an attack. Takes a whole number from 1 to
    4294967295. Default: 10. Used with measure.measurement.kind = robust."""
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
