"""Loads what interchange.limn wrote in diffusers, and compares the outputs. Exits 1 if one of them differs."""
import os
import sys
import types
import warnings

import diffusers
import torch
import transformers
from diffusers import DDIMScheduler, StableDiffusionPipeline
from safetensors.torch import load_file

warnings.filterwarnings("ignore")
diffusers.utils.logging.set_verbosity_error()
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
diffusers.utils.logging.disable_progress_bar()
limn = load_file("limn.safetensors")
prompt, with_tokens = "a photo of a panda on grass", "a photo of <one> and <three> on grass"
failed = False


def pipeline(folder):
    pipe = StableDiffusionPipeline.from_pretrained(folder, safety_checker=None, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def learn(pipe, file, only=None):
    """A file of several tokens is given to diffusers one by one."""
    for token, vectors in load_file(file).items():
        if only in (None, token):
            pipe.load_textual_inversion({token: vectors}, token=token)


def compare(name, found, tolerance=1e-4):
    global failed
    wanted = limn[name]
    error = ((found - wanted).abs().max() / wanted.abs().max()).item()
    failed |= not error < tolerance
    print(f"{name:14} largest difference {error:.1e} of the largest value{'' if error < tolerance else '   TOO FAR'}")


def with_kohya(pipe, file):
    """Puts a file into a pipeline by networks/lora.py of kohya-ss/sd-scripts, a checkout of which KOHYA names.

    Two of its imports are for its training programs and for SDXL; they are given empty here.
    """
    for name, content in (("utils", dict(setup_logging=lambda: None)), ("sdxl_original_unet", dict(SdxlUNet2DConditionModel=type("None_", (), {})))):
        sys.modules[f"library.{name}"] = types.ModuleType(f"library.{name}")
        vars(sys.modules[f"library.{name}"]).update(content)
    sys.path.insert(0, os.environ["KOHYA"])
    from networks.lora import create_network_from_weights

    text_encoder = pipe.text_encoder
    if not hasattr(text_encoder, "text_model"):  # transformers 5 has no such level; every published file names it
        level = torch.nn.Module()
        level.text_model = text_encoder
        text_encoder = level
    network, weights = create_network_from_weights(1.0, file, None, text_encoder, pipe.unet, for_inference=True)
    network.apply_to(text_encoder, pipe.unet)
    info = network.load_state_dict(weights, strict=False)
    assert not info.missing_keys and not info.unexpected_keys, info


@torch.no_grad()
def check(name, pipe, text, tolerance=1e-4):
    words = pipe.encode_prompt(text, "cpu", 1, False)[0]
    compare(f"{name}.words", words, tolerance)
    compare(f"{name}.eps", pipe.unet(limn["plain.z"], 500, words).sample, tolerance)


check("plain", pipeline("plain"), prompt)

pipe = pipeline("plain")
learn(pipe, "tokens.safetensors")
check("tokens", pipe, with_tokens)
pipe = pipeline("plain")
learn(pipe, "tokens.safetensors", only="<one>")
pipe.load_textual_inversion("three.safetensors", token="<three>")  # A1111's form
check("tokens", pipe, with_tokens)

for name in ("peft", "kohya"):
    pipe = pipeline("plain")
    pipe.load_lora_weights(".", weight_name=f"{name}.safetensors")
    check(name, pipe, prompt)

if os.environ.get("KOHYA"):
    pipe = pipeline("plain")
    with_kohya(pipe, "kohya-uneven.safetensors")
    print("kohya's own code:")
    check("peft", pipe, prompt)

for name, tolerance in (("whole", 1e-4), ("half", 5e-3)):
    pipe = pipeline(name)
    learn(pipe, f"{name}/learned_embeds.safetensors")
    check(name, pipe, with_tokens, tolerance)
    if name == "whole":
        pipe.scheduler = DDIMScheduler.from_config(pipe.scheduler.config)
        z = pipe(with_tokens, num_inference_steps=10, guidance_scale=5, generator=torch.Generator().manual_seed(3), output_type="latent").images
        compare("sampled", z, 1e-3)
print(f"torch {torch.__version__}, diffusers {diffusers.__version__}, transformers {transformers.__version__}: {'FAILED' if failed else 'all agree'}")
sys.exit(failed)
