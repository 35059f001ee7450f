"""Makes ranking.safetensors: ranking metrics by the code of Liang et al.'s notebook (dawenl/vae_cf), and a truncated SVD.

Needs numpy and safetensors. Run: python make_ranking.py
"""

import pathlib

import numpy as np
from safetensors.numpy import save_file

USERS, ITEMS, RANK = 40, 150, 7


def ndcg_binary_at_k(predicted, held_out, k=100):
    users = np.arange(predicted.shape[0])[:, np.newaxis]
    part = np.argpartition(-predicted, k, axis=1)
    order = np.argsort(-predicted[users, part[:, :k]], axis=1)
    top = part[users, order]
    discounts = 1.0 / np.log2(np.arange(2, k + 2))
    dcg = (held_out[users, top] * discounts).sum(axis=1)
    ideal = np.array([discounts[: min(int(n), k)].sum() for n in held_out.sum(axis=1)])
    return dcg / ideal


def recall_at_k(predicted, held_out, k):
    users = np.arange(predicted.shape[0])[:, np.newaxis]
    chosen = np.zeros_like(predicted, dtype=bool)
    chosen[users, np.argpartition(-predicted, k, axis=1)[:, :k]] = True
    hits = np.logical_and(held_out > 0, chosen).sum(axis=1)
    return hits / np.minimum(k, held_out.sum(axis=1))


def main():
    random = np.random.default_rng(11)
    # Few to many items a user, more than 20 and 50 targets among them.
    rows = (random.random((USERS, ITEMS)) < random.uniform(0.05, 0.8, (USERS, 1))).astype(np.float64)
    targets = rows * (random.random((USERS, ITEMS)) < random.uniform(0.1, 0.9, (USERS, 1)))
    for user in range(USERS):  # at least one of each
        known = np.flatnonzero(rows[user])
        targets[user, known[0]], targets[user, known[1]] = 1, 0
    known = rows - targets
    scores = random.normal(size=(USERS, ITEMS)).astype(np.float32)
    masked = np.where(known > 0, -np.inf, scores)
    _, values, right = np.linalg.svd(known, full_matrices=False)
    projected = known @ right[:RANK].T @ right[:RANK]
    ndcg = ndcg_binary_at_k(masked, targets)
    save_file(
        {name: np.ascontiguousarray(value, np.float32) for name, value in {
            "known": known, "targets": targets, "scores": scores, "ndcg100": ndcg,
            "recall20": recall_at_k(masked, targets, 20), "recall50": recall_at_k(masked, targets, 50),
            "ndcg100_mean_and_error": [ndcg.mean(), ndcg.std() / np.sqrt(USERS)],
            "singular_values": values[:RANK], "svd_scores": projected,
        }.items()},
        pathlib.Path(__file__).with_name("ranking.safetensors"))


if __name__ == "__main__":
    main()
