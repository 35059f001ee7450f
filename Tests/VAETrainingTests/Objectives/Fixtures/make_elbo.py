"""Writes elbo.safetensors: -ELBO and importance-weighted bound of a small dense VAE under every likelihood, with their
gradients, by PyTorch in double precision. Run with a Python that has torch and safetensors.
"""

import pathlib

import torch
from safetensors.torch import save_file

torch.manual_seed(3)
torch.set_default_dtype(torch.float64)
ROWS, PIXELS, HIDDEN, LATENT, SAMPLES = 6, 9, 7, 3, 4
SHAPES = {
    "encoder.0.weight": (HIDDEN, PIXELS), "encoder.0.bias": (HIDDEN,),
    "mu.weight": (LATENT, HIDDEN), "mu.bias": (LATENT,), "sigma.weight": (LATENT, HIDDEN), "sigma.bias": (LATENT,),
    "decoder.0.weight": (HIDDEN, LATENT), "decoder.0.bias": (HIDDEN,),
    "decoder.2.weight": (PIXELS, HIDDEN), "decoder.2.bias": (PIXELS,),
}


def bernoulli(a, x, log_scale):
    return torch.nn.functional.binary_cross_entropy_with_logits(a, x, reduction="none").sum(-1)


def continuous_bernoulli(a, x, log_scale):
    return -torch.distributions.ContinuousBernoulli(logits=a).log_prob(x).sum(-1)


def gaussian(a, x, log_scale):
    return -torch.distributions.Normal(a, log_scale.exp()).log_prob(x).sum(-1)


def discretized_logistic(a, x, log_scale):
    """256 bins of 1/256 (Kingma et al. 2016), the first and the last open to the outside."""
    scale = log_scale.exp()
    level = torch.clamp(torch.floor(256 * x), max=255)
    above = torch.where(level >= 255, torch.ones_like(x), torch.sigmoid(((level + 1) / 256 - a) / scale))
    below = torch.where(level <= 0, torch.zeros_like(x), torch.sigmoid((level / 256 - a) / scale))
    return -(above - below).log().sum(-1)


def multinomial(a, x, log_scale):
    return -(x * torch.log_softmax(a, -1)).sum(-1)


LIKELIHOODS = [bernoulli, continuous_bernoulli, gaussian, discretized_logistic, multinomial]


def forward(p, x, seen, noise):
    """mu, log-variance [rows, latent], z and the decoder's numbers [rows, samples, ...]."""
    features = torch.tanh(seen @ p["encoder.0.weight"].T + p["encoder.0.bias"])
    mu = features @ p["mu.weight"].T + p["mu.bias"]
    log_variance = features @ p["sigma.weight"].T + p["sigma.bias"]
    z = mu[:, None] + (0.5 * log_variance).exp()[:, None] * noise
    hidden = torch.tanh(z @ p["decoder.0.weight"].T + p["decoder.0.bias"])
    return mu, log_variance, z, hidden @ p["decoder.2.weight"].T + p["decoder.2.bias"]


def main():
    tensors = {}
    levels = torch.randint(0, 256, (ROWS, PIXELS)).double() / 255
    levels[0, 0], levels[0, 1] = 0, 1
    counts = torch.randint(0, 3, (ROWS, PIXELS)).double()
    noise = torch.randn(ROWS, SAMPLES, LATENT).float().double()
    parameters = {name: (torch.randn(shape) * 0.4).float().double() for name, shape in SHAPES.items()}
    log_scale = torch.tensor([-1.2]).float().double()
    tensors |= {f"parameters.{name}": value for name, value in parameters.items()}
    tensors |= {"levels": levels.float(), "counts": counts, "noise": noise, "log_scale": log_scale}
    for likelihood in LIKELIHOODS:
        name = likelihood.__name__
        x = counts if likelihood is multinomial else levels.float().double()
        seen = x / x.norm(dim=1, keepdim=True) if likelihood is multinomial else x
        for objective in ["elbo", "bound"]:
            p = {key: value.clone().requires_grad_() for key, value in parameters.items()}
            scale = log_scale.clone().requires_grad_()
            draws = noise[:, :1] if objective == "elbo" else noise
            mu, log_variance, z, decoded = forward(p, x, seen, draws)
            nll = likelihood(decoded, x[:, None].expand_as(decoded), scale)
            if objective == "elbo":
                kl = 0.5 * (mu**2 + log_variance.exp() - 1 - log_variance).sum(-1)
                loss = (nll[:, 0] + kl).mean()
                tensors[f"{name}.terms"] = torch.stack([nll.mean(), kl.mean()])
            else:
                log_q = torch.distributions.Normal(mu[:, None], (0.5 * log_variance).exp()[:, None]).log_prob(z).sum(-1)
                log_p = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)
                log_w = log_p - log_q - nll
                loss = -(torch.logsumexp(log_w, -1) - torch.log(torch.tensor(float(SAMPLES)))).mean()
                tensors[f"{name}.bound"] = loss.detach().reshape(1)
            loss.backward()
            tensors |= {f"{name}.{objective}.{key}": value.grad for key, value in p.items()}
            if scale.grad is not None:
                tensors[f"{name}.{objective}.likelihood.log_scale"] = scale.grad
    path = pathlib.Path(__file__).with_name("elbo.safetensors")
    save_file({key: value.detach().float().contiguous() for key, value in tensors.items()}, str(path))


main()
