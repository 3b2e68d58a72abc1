"""Lattice-free maximum mutual information: what was said against everything that could have been said.

Both sides are small hidden Markov models whose states are phones: the numerator spells the transcription (every pronunciation,
silence allowed between words), the denominator is the phone bigram. No alignment is needed: both sum over all ways through. The
gradient is the difference of two expectations, how often each output is used under either model, so no automatic differentiation
runs through the time steps. (Povey et al., "Purely sequence-trained neural networks for ASR based on lattice-free MMI", 2016;
Hadian et al., "End-to-end speech recognition using lattice-free MMI", 2018.)

A phone of n frames uses its first-frame output once and its later-frame output n - 1 times. Transitions between phones carry the
bigram's probabilities, staying in a phone is free; the graph for recognition follows the same convention.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from recipe.lexicon import PHONES, SILENCE, pronunciations, read_bigram

MOST_VARIANTS = 3
"""Pronunciations of a word considered in training; the dictionary lists the usual ones first."""


@dataclass(frozen=True)
class Chain:
    """A hidden Markov model over phones, for one text or for all."""

    phones: npt.NDArray[np.int64]
    """The phone of each state; shape (states,)."""
    enter: npt.NDArray[np.float64]
    """Probability of beginning in each state; shape (states,)."""
    follow: npt.NDArray[np.float64]
    """Probability of going from one state (row) to another; shape (states, states)."""
    final: npt.NDArray[np.float64]
    """1 where the text may end; shape (states,)."""


class Chains:
    """Builds the models of texts, all against one phone bigram."""

    def __init__(self) -> None:
        """Reads the phone bigram."""
        self._bigram = np.exp(-read_bigram())

    def denominator(self) -> Chain:
        """Any phones in any order, as probable as the bigram says."""
        enter = self._bigram[SILENCE].copy()
        enter[SILENCE] = 1.0
        return Chain(np.arange(len(PHONES)), enter, self._bigram, np.ones(len(PHONES)))

    def numerator(self, text: str) -> Chain:
        """A text: each word in any of its pronunciations, silence allowed before, between and after; no words is silence alone."""
        phones = [SILENCE]
        arcs: list[tuple[int, int]] = []
        exits, starts = [0], {0}
        beginning = True
        for word in text.split():
            ends = []
            for variant in pronunciations(word)[:MOST_VARIANTS]:
                first = len(phones)
                phones += variant
                arcs += [(end, first) for end in exits] + [(i, i + 1) for i in range(first, first + len(variant) - 1)]
                ends.append(first + len(variant) - 1)
                if beginning:
                    starts.add(first)
            beginning = False
            pause = len(phones)
            phones.append(SILENCE)
            arcs += [(end, pause) for end in ends]
            exits = [*ends, pause]
        numbers = np.array(phones)
        enter, final = np.zeros(len(phones)), np.zeros(len(phones))
        for state in starts:
            enter[state] = 1.0 if phones[state] == SILENCE else self._bigram[SILENCE, phones[state]]
        final[exits] = 1.0
        follow = np.zeros((len(phones), len(phones)))
        for a, b in arcs:
            follow[a, b] = self._bigram[phones[a], phones[b]]
        return Chain(numbers, enter, follow, final)


@dataclass(frozen=True)
class Batch:
    """Chains of equal size, padded by states that cannot be reached."""

    phones: torch.Tensor
    """(batch, states)."""
    enter: torch.Tensor
    """(batch, states)."""
    follow: torch.Tensor
    """(batch, states, states); one for all where the batch is 1."""
    final: torch.Tensor
    """(batch, states)."""


def pad(chains: list[Chain]) -> Batch:
    """Puts chains of different sizes into one batch."""
    size = max(len(chain.phones) for chain in chains)
    shape = (len(chains), size)
    phones, enter, final = np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape)
    follow = np.zeros((*shape, size))
    for i, chain in enumerate(chains):
        n = len(chain.phones)
        phones[i, :n], enter[i, :n], final[i, :n], follow[i, :n, :n] = chain.phones, chain.enter, chain.final, chain.follow
    return Batch(torch.from_numpy(phones), torch.from_numpy(enter), torch.from_numpy(follow), torch.from_numpy(final))


def expectations(scores: torch.Tensor, lengths: torch.Tensor, model: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """The forward-backward algorithm, in double precision with rescaling at every frame.

    scores: (batch, frames, outputs), logarithms; lengths: frames that count, (batch,). Returns the logarithm of the summed
    probability of all ways through, (batch,), and how often each output is used at each frame, shaped like the scores (zero beyond
    the length). Where a text has no way through (too few frames), the former is minus infinity and the latter zero.
    """
    batch, frames, _ = scores.shape
    first = (2 * model.phones).expand(batch, -1)
    states = first.shape[1]
    both = torch.cat([first, first + 1], dim=1)[:, None, :].expand(-1, frames, -1)
    gathered = scores.double().gather(2, both)
    peak = gathered.amax(dim=2, keepdim=True)
    emission = (gathered - peak).exp().transpose(0, 1).contiguous()  # (frames, batch, 2 x states)
    begin, stay = emission[..., :states], emission[..., states:]
    follow = model.follow
    precede = follow.transpose(1, 2).contiguous()
    shared = follow.shape[0] == 1
    shortest = int(lengths.min())
    alive = torch.arange(frames)[:, None] < lengths[None, :]  # (frames, batch)

    def forwards(vector: torch.Tensor) -> torch.Tensor:
        return vector @ follow[0] if shared else torch.bmm(vector[:, None], follow)[:, 0]

    def backwards(vector: torch.Tensor) -> torch.Tensor:
        return vector @ precede[0] if shared else torch.bmm(vector[:, None], precede)[:, 0]

    entered, alphas, scales = [model.enter.expand(batch, -1)], [], []
    alpha = entered[0] * begin[0]
    for t in range(frames):
        if t:
            entered.append(forwards(alpha))
            stepped = torch.addcmul(alpha * stay[t], entered[t], begin[t])
            alpha = stepped if t < shortest else torch.where(alive[t, :, None], stepped, alpha)
        scales.append(alpha.sum(dim=1, keepdim=True).clamp_min_(1e-300))
        alpha = alpha / scales[t]
        alphas.append(alpha)
    ended = (alpha * model.final).sum(dim=1)
    total = ended.log() + torch.cat(scales, dim=1).log().sum(dim=1) + (peak[:, :, 0] * alive.T).sum(dim=1)

    beta = model.final.expand(batch, -1)
    betas = [beta]
    for t in range(frames - 1, 0, -1):
        stepped = torch.addcmul(backwards(begin[t] * beta), stay[t], beta)
        stepped /= stepped.sum(dim=1, keepdim=True).clamp_min_(1e-300)
        beta = stepped if t < shortest else torch.where(alive[t, :, None], stepped, beta)
        betas.append(beta)
    after = torch.stack(betas[::-1])
    use = torch.cat([torch.stack(entered) * after, torch.zeros_like(after)], dim=2) * emission
    use[1:, :, states:] = torch.stack(alphas[:-1]) * after[1:] * stay[1:]
    use /= use.sum(dim=2, keepdim=True).clamp_min(1e-300)
    use *= (alive & (ended > 0))[..., None]
    spread = torch.zeros_like(scores, dtype=torch.double)
    spread.scatter_add_(2, both, use.transpose(0, 1))
    return total, spread.float()
