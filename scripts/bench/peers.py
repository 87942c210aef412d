#!/usr/bin/env python3
"""What people would use instead, timed on the same machine: diffusers on PyTorch (eager or compiled) and OpenVINO.

    python3 -m venv peers && peers/bin/pip install torch diffusers transformers accelerate openvino
    peers/bin/python scripts/bench/peers.py WHAT [DIR] [options]

    make-sd15 DIR    a model of the size of Stable Diffusion 1.5 with random weights, float16, diffusers layout (2.1 GB)
    make-large DIR   a model built like the bundled one with about six times its arithmetic, random weights
    golden DIR       writes DIR/limn-bench.safetensors: what limn-bench checks its own results against
    unet DIR         one evaluation of --batch rows at the model's own size
    openvino DIR     the same in OpenVINO; converts the UNet at the first call
    vae DIR          one latent decoded at the model's own size
    sample DIR       a whole text-to-image call, warm: --steps, --size
    learn DIR        one step of textual inversion (forward, backward, update): --size, --batch
    cold DIR         a picture from a fresh process: import, load, --steps, --size

    --dtype f32|bf16  --threads N  --repeat N  --compile (torch.compile with frozen weights, PyTorch's fastest)  --channels-last

Prints one JSON line with the median in seconds and the peak of resident memory. Waiting is passive: with the default of libgomp, a second
program on the same cores makes a small model ninety times slower. scripts/bench-compare runs this beside limn-bench.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROMPT = "a photo of a panda and a bowl"

parser = argparse.ArgumentParser()
parser.add_argument("what")
parser.add_argument("dir", nargs="?")
parser.add_argument("--dtype", default="f32", choices=["f32", "bf16"])
parser.add_argument("--batch", type=int, default=2)
parser.add_argument("--steps", type=int, default=25)
parser.add_argument("--size", type=int)
parser.add_argument("--repeat", type=int, default=3)
parser.add_argument("--threads", type=int, default=os.cpu_count())
parser.add_argument("--compile", action="store_true")
parser.add_argument("--channels-last", action="store_true")
options = parser.parse_args()


def say(seconds, usage=resource.RUSAGE_SELF, **facts):
    line = dict(
        peer=options.what, dtype=options.dtype, batch=options.batch, threads=options.threads, compile=options.compile,
        load=os.getloadavg()[0], median_s=round(statistics.median(seconds), 5), best_s=round(min(seconds), 5),
        all_s=[round(s, 5) for s in seconds], peak_gb=round(resource.getrusage(usage).ru_maxrss * 1024 / 1e9, 3))
    print(json.dumps(line | facts))


def timed(function, warm=None):
    """Seconds of each run; what is compiled needs a few first."""
    for _ in range(warm or (3 if options.compile else 1)):
        function()
    seconds = []
    for _ in range(options.repeat):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return seconds


def cold():
    """A fresh process each time; before torch is imported here."""
    dtype = dict(bf16="bfloat16", f32="float32")[options.dtype]
    size = f", height={options.size}, width={options.size}" if options.size else ""
    code = f"""
import tempfile, torch
torch.set_num_threads({options.threads})
from diffusers import StableDiffusionPipeline, DDIMScheduler
p = StableDiffusionPipeline.from_pretrained({options.dir!r}, torch_dtype=torch.{dtype}, safety_checker=None)
p.scheduler = DDIMScheduler.from_config(p.scheduler.config)
picture = p({PROMPT!r}, num_inference_steps={options.steps}, guidance_scale=5.0{size}).images[0]
picture.save(tempfile.gettempdir() + "/peer-cold.png")
"""
    def once():
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    say(timed(once), resource.RUSAGE_CHILDREN)


if options.what == "cold":
    cold()
    sys.exit()

import torch  # noqa: E402

torch.set_num_threads(options.threads)
DTYPE = dict(bf16=torch.bfloat16, f32=torch.float32)[options.dtype]


def tuned(module):
    if options.channels_last:
        module.to(memory_format=torch.channels_last)
    if options.compile:
        import torch._inductor.config as inductor
        inductor.freezing = True
        module.forward = torch.compile(module.forward)
    return module


def load_unet(dtype=DTYPE):
    from diffusers import UNet2DConditionModel
    return UNet2DConditionModel.from_pretrained(f"{options.dir}/unet", torch_dtype=dtype).eval()


def load_vae(dtype=DTYPE):
    from diffusers import AutoencoderKL
    return AutoencoderKL.from_pretrained(f"{options.dir}/vae", torch_dtype=dtype).eval()


def load_pipeline():
    from diffusers import DDIMScheduler, StableDiffusionPipeline
    pipeline = StableDiffusionPipeline.from_pretrained(options.dir, torch_dtype=DTYPE, safety_checker=None)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.scheduler = DDIMScheduler.from_config(pipeline.scheduler.config)  # PNDM would evaluate once more than asked
    return pipeline


def save(unet, vae, text, tokenizer, scheduler):
    from diffusers import StableDiffusionPipeline
    StableDiffusionPipeline(
        vae=vae, text_encoder=text, tokenizer=tokenizer, unet=unet, scheduler=scheduler, safety_checker=None,
        feature_extractor=None, requires_safety_checker=False).save_pretrained(options.dir)


def make_sd15():
    from diffusers import AutoencoderKL, PNDMScheduler, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=64, cross_attention_dim=768, block_out_channels=(320, 640, 1280, 1280), attention_head_dim=8)
    vae = AutoencoderKL(
        in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4, sample_size=512)
    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
        max_position_embeddings=77, hidden_act="quick_gelu", bos_token_id=49406, eos_token_id=49407, pad_token_id=49407))
    scheduler = PNDMScheduler(
        num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True,
        set_alpha_to_one=False, steps_offset=1)
    tokenizer = CLIPTokenizer.from_pretrained(f"{ROOT}/Sources/CLimnData/clip-tokenizer")
    save(unet.half(), vae.half(), text.half(), tokenizer, scheduler)


def make_large():
    """The bundled model's own configs with 2.5 times its channels."""
    from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer
    bundled = f"{ROOT}/Sources/CLimnData/sticker"

    def config(part):
        with open(f"{bundled}/{part}/config.json") as file:
            return json.load(file)
    torch.manual_seed(0)
    unet, vae = config("unet"), config("vae")
    unet["block_out_channels"] = [c * 5 // 2 for c in unet["block_out_channels"]]
    vae["block_out_channels"] = [c * 5 // 2 for c in vae["block_out_channels"]]
    vae["norm_num_groups"] = 4
    save(
        UNet2DConditionModel.from_config(unet).half(), AutoencoderKL.from_config(vae).half(),
        CLIPTextModel(CLIPTextConfig(**config("text_encoder"))).half(), CLIPTokenizer.from_pretrained(f"{bundled}/tokenizer"),
        DDIMScheduler.from_pretrained(f"{bundled}/scheduler"))


def golden():
    """Small inputs and diffusers' results in f32."""
    from safetensors.torch import save_file
    from transformers import CLIPTextModel, CLIPTokenizer
    draw = torch.Generator().manual_seed(0)
    tokenizer = CLIPTokenizer.from_pretrained(f"{options.dir}/tokenizer")
    text_encoder = CLIPTextModel.from_pretrained(f"{options.dir}/text_encoder", torch_dtype=torch.float32).eval()
    length = text_encoder.config.max_position_embeddings
    ids = tokenizer([PROMPT, ""], padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids
    with torch.inference_mode():
        text = text_encoder(ids).last_hidden_state
        unet = load_unet(torch.float32)
        x, t = torch.randn(2, unet.config.in_channels, 16, 16, generator=draw), torch.tensor([801, 37])
        eps = unet(x, t, text).sample
        vae = load_vae(torch.float32)
        latent = torch.randn(1, vae.config.latent_channels, 8, 8, generator=draw)
        decoded = vae.decode(latent).sample
    save_file(
        dict(ids=ids, text=text.contiguous(), x=x, t=t, eps=eps.contiguous(), latent_mean=latent, decoded=decoded.contiguous()),
        f"{options.dir}/limn-bench.safetensors")


def unet():
    model = load_unet()
    side = model.config.sample_size
    tuned(model)
    x = torch.randn(options.batch, 4, side, side, dtype=DTYPE)
    words = torch.randn(options.batch, 77, model.config.cross_attention_dim, dtype=DTYPE)
    with torch.inference_mode():
        say(timed(lambda: model(x, torch.tensor(500), words)))


def vae():
    model = load_vae()
    side = model.config.sample_size // 2 ** (len(model.config.block_out_channels) - 1)
    z = torch.randn(1, model.config.latent_channels, side, side, dtype=DTYPE)
    tuned(model.decoder)
    with torch.inference_mode():
        say(timed(lambda: model.decode(z)))


def openvino():
    import numpy
    import openvino
    core = openvino.Core()
    xml = f"{options.dir}/unet.openvino.xml"
    if not os.path.exists(xml):
        model = load_unet(torch.float32)

        class Plain(torch.nn.Module):
            def forward(self, x, t, words):
                return model(x, t, words, return_dict=False)[0]
        side, width = model.config.sample_size, model.config.cross_attention_dim
        example = (torch.randn(1, 4, side, side), torch.tensor(500.0), torch.randn(1, 77, width))
        plain = Plain()
        plain.model = model
        with torch.no_grad():
            openvino.save_model(openvino.convert_model(plain, example_input=example), xml, compress_to_fp16=True)
        with open(xml + ".json", "w") as file:
            json.dump([side, width], file)
        del model, plain
    with open(xml + ".json") as file:
        side, width = json.load(file)
    shapes = [[options.batch, 4, side, side], [], [options.batch, 77, width]]
    model = core.read_model(xml)
    model.reshape({node: openvino.PartialShape(shape) for node, shape in zip(model.inputs, shapes)})
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": options.dtype, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": options.threads})
    inputs = [numpy.random.randn(*shapes[0]).astype("f"), numpy.array(500, "f"), numpy.random.randn(*shapes[2]).astype("f")]
    say(timed(lambda: compiled(inputs)), version=openvino.__version__)


def sample():
    pipeline = load_pipeline()
    tuned(pipeline.unet)
    tuned(pipeline.vae.decoder)

    def once():
        pipeline(
            PROMPT, num_inference_steps=options.steps, height=options.size, width=options.size, guidance_scale=5.0,
            generator=torch.Generator().manual_seed(0))
    say(timed(once), steps=options.steps, size=options.size)


def learn():
    """The table of tokens is what is trained, as in diffusers' example; checkpointing and compiling left as they are by default."""
    pipeline = load_pipeline()
    for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder):
        part.requires_grad_(False)
    table = pipeline.text_encoder.get_input_embeddings()
    table.requires_grad_(True)
    optimizer = torch.optim.AdamW(table.parameters(), 5e-4)
    if options.compile:
        pipeline.unet.forward = torch.compile(pipeline.unet.forward)  # weights stay free: gradients pass through
    side = pipeline.unet.config.sample_size
    if options.size:
        side = options.size // 2 ** (len(pipeline.vae.config.block_out_channels) - 1)
    ids = pipeline.tokenizer(
        ["a photo of a panda"] * options.batch, padding="max_length", max_length=pipeline.tokenizer.model_max_length,
        truncation=True, return_tensors="pt").input_ids
    z0 = torch.randn(options.batch, 4, side, side, dtype=DTYPE)

    def step():
        noise, t = torch.randn_like(z0), torch.randint(0, 1000, (options.batch,))
        words = pipeline.text_encoder(ids).last_hidden_state
        predicted = pipeline.unet(pipeline.scheduler.add_noise(z0, noise, t), t, words).sample
        loss = (predicted - noise).pow(2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    say(timed(step), size=options.size)


jobs = {
    "make-sd15": make_sd15, "make-large": make_large, "golden": golden, "unet": unet, "vae": vae, "openvino": openvino,
    "sample": sample, "learn": learn,
}
if options.what not in jobs:
    parser.error(f"there is no '{options.what}'; one of: {', '.join([*jobs, 'cold'])}")
jobs[options.what]()
