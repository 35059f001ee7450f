"""Makes loss_curve.safetensors: 20 Adam steps of a small VAE in PyTorch, with everything needed to repeat them.

Needs torch and safetensors. Run: python make_loss_curve.py
"""

import os

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

STEPS, ROWS, SIDE, HIDDEN, LATENT = 20, 8, 6, 16, 3

torch.manual_seed(7)
torch.set_num_threads(1)


class VAE(torch.nn.Module):
    def __init__(self):
        super().__init__()
        pixels = SIDE * SIDE
        self.encoder = torch.nn.Sequential(torch.nn.Linear(pixels, HIDDEN), torch.nn.ReLU())
        self.mu = torch.nn.Linear(HIDDEN, LATENT)
        self.sigma = torch.nn.Linear(HIDDEN, LATENT)
        self.decoder = torch.nn.Sequential(
            torch.nn.Linear(LATENT, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, pixels)
        )

    def terms(self, x, noise):
        h = self.encoder(x)
        mu, log_variance = self.mu(h), self.sigma(h)
        z = mu + torch.exp(0.5 * log_variance) * noise
        reconstruction = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="sum") / len(x)
        kl = -0.5 * torch.sum(1 + log_variance - mu**2 - log_variance.exp()) / len(x)
        return reconstruction, kl


model = VAE()
tensors = {"initial." + name: value.detach().clone() for name, value in model.state_dict().items()}
# A bright square that moves about, so that there is something to learn.
x = torch.rand(STEPS, ROWS, SIDE, SIDE) * 0.1
for step in range(STEPS):
    for row in range(ROWS):
        top, left = torch.randint(0, SIDE - 2, (2,)).tolist()
        x[step, row, top : top + 3, left : left + 3] += 0.8
x = x.reshape(STEPS, ROWS, SIDE * SIDE)
noise = torch.randn(STEPS, ROWS, LATENT)

optimiser = torch.optim.Adam(model.parameters(), lr=1e-2)
curve = []
for step in range(STEPS):
    optimiser.zero_grad()
    reconstruction, kl = model.terms(x[step], noise[step])
    (reconstruction + kl).backward()
    optimiser.step()
    curve.append([reconstruction.item(), kl.item()])

tensors |= {"x": x, "noise": noise, "curve": torch.tensor(curve)}
tensors |= {"final." + name: value.detach().clone() for name, value in model.state_dict().items()}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "loss_curve.safetensors")
save_file(tensors, path, metadata={"torch": torch.__version__})
print(curve[0], curve[-1], os.path.getsize(path), "bytes")
