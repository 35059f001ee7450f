"""The VAE of the PyTorch examples (pytorch/examples, vae/main.py), with its protocol, to be timed beside vae-trainer.

784-400-20, ReLU, grey cross-entropy summed over pixels, batch 128, Adam 1e-3, evaluation with one sample of z per
image; with --architecture conv64 the convolutional VAE of disentanglement_lib instead, on 64×64 images. Reads the same
IDX files. Prints one line per epoch.

Without flags it is tuned in PyTorch's favour: the images are one float tensor in memory, and the loss is computed from
logits. With --example it does what the example does: a DataLoader that converts image by image, and the cross-entropy
of probabilities. torchvision is not needed; the conversion here costs less than its own.

--compile MODE runs the model through torch.compile; what compiling takes is printed by itself, and no part of an epoch.
--fused-adam updates all parameters in one kernel.
"""

import argparse
import gzip
import os
import time

import numpy
import torch
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True, help="folder with the four IDX files")
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--batch-size", type=int, default=128)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--architecture", choices=["mlp", "conv64"], default="mlp")
parser.add_argument("--channels-last", action="store_true", help="conv64 in PyTorch's channels_last memory format")
parser.add_argument("--example", action="store_true", help="DataLoader and probabilities, as in the example")
parser.add_argument("--compile", metavar="MODE", help="torch.compile the model: default, max-autotune-no-cudagraphs, …")
parser.add_argument("--fused-adam", action="store_true", help="Adam in one kernel")
parser.add_argument("--bf16", action="store_true", help="autocast to bfloat16 while learning")
options = parser.parse_args()

torch.manual_seed(options.seed)
torch.set_num_threads(options.threads)


def pixels(name):
    path = os.path.join(options.data, name)
    if os.path.exists(path):
        raw = open(path, "rb").read()
    else:
        raw = gzip.open(path + ".gz", "rb").read()
    side = int.from_bytes(raw[8:12], "big")
    return numpy.frombuffer(raw, numpy.uint8, offset=16).reshape(-1, side * side).copy()


def images(name):
    return torch.from_numpy(pixels(name).astype(numpy.float32) / 255)


class Images(torch.utils.data.Dataset):
    """Bytes that become one image's floats when it is asked for."""

    def __init__(self, name):
        self.pixels = torch.from_numpy(pixels(name))

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        return self.pixels[index].to(torch.float32).div(255)


class VAE(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(784, 400)
        self.fc21 = torch.nn.Linear(400, 20)
        self.fc22 = torch.nn.Linear(400, 20)
        self.fc3 = torch.nn.Linear(20, 400)
        self.fc4 = torch.nn.Linear(400, 784)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return self.fc21(h), self.fc22(h)

    def decode(self, z):
        return self.fc4(F.relu(self.fc3(z)))

    def forward(self, x):
        mu, logvar = self.encode(x)
        z = mu + torch.randn_like(mu) * torch.exp(0.5 * logvar)
        logits = self.decode(z)
        if options.example:
            reconstruction = F.binary_cross_entropy(torch.sigmoid(logits), x, reduction="sum")
        else:
            reconstruction = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        return reconstruction + kl


class ConvolutionalVAE(VAE):
    """Four convolutions 4x4 of stride 2 and back (Locatello et al. 2019), in place of the two linear layers a side."""

    def __init__(self):
        torch.nn.Module.__init__(self)
        layers = []
        for inputs, outputs in ((1, 32), (32, 32), (32, 64), (64, 64)):
            layers += [torch.nn.Conv2d(inputs, outputs, 4, 2, 1), torch.nn.ReLU()]
        layers += [torch.nn.Flatten(), torch.nn.Linear(1024, 256), torch.nn.ReLU()]
        self.encoder = torch.nn.Sequential(*layers)
        self.mu, self.sigma = torch.nn.Linear(256, 10), torch.nn.Linear(256, 10)
        layers = [torch.nn.Linear(10, 256), torch.nn.ReLU(), torch.nn.Linear(256, 1024), torch.nn.ReLU()]
        layers += [torch.nn.Unflatten(1, (64, 4, 4))]
        for inputs, outputs in ((64, 64), (64, 32), (32, 32)):
            layers += [torch.nn.ConvTranspose2d(inputs, outputs, 4, 2, 1), torch.nn.ReLU()]
        layers += [torch.nn.ConvTranspose2d(32, 1, 4, 2, 1)]
        self.decoder = torch.nn.Sequential(*layers)
        self.format = torch.channels_last if options.channels_last else torch.contiguous_format
        self.to(memory_format=self.format)

    def encode(self, x):
        h = self.encoder(x.view(-1, 1, 64, 64).contiguous(memory_format=self.format))
        return self.mu(h), self.sigma(h)

    def decode(self, z):
        return self.decoder(z).flatten(1)


test = images("t10k-images-idx3-ubyte")
if options.example:
    train = Images("train-images-idx3-ubyte")
    loader = torch.utils.data.DataLoader(train, batch_size=options.batch_size, shuffle=True)
else:
    train = images("train-images-idx3-ubyte")


def minibatches():
    if options.example:
        return loader
    return (train[indices] for indices in torch.randperm(len(train)).split(options.batch_size))



def autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16)


model = ConvolutionalVAE() if options.architecture == "conv64" else VAE()
optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=options.fused_adam or None)
step_model = model
if options.compile:
    step_model = torch.compile(model, mode=options.compile, dynamic=False)
    start = time.perf_counter()
    # Both sizes of minibatch, forward and back, without a step: what is compiled then stays.
    for rows in {min(options.batch_size, len(train)), len(train) % options.batch_size or options.batch_size}:
        with autocast():
            loss = step_model(torch.zeros(rows, test.shape[1]))
        loss.backward()
    optimiser.zero_grad()
    torch.manual_seed(options.seed)
    print(f"compiled in {time.perf_counter() - start:.1f} s", flush=True)
for epoch in range(1, options.epochs + 1):
    start = time.perf_counter()
    total = 0.0
    for batch in minibatches():
        optimiser.zero_grad()
        with autocast():
            loss = step_model(batch)
        loss.backward()
        optimiser.step()
        total += loss.item()
    seconds = time.perf_counter() - start
    with torch.no_grad():
        test_loss = sum(model(batch).item() for batch in test.split(options.batch_size)) / len(test)
    print(f"epoch {epoch} train {total / len(train):.2f} test {test_loss:.2f} {seconds:.2f} s", flush=True)
