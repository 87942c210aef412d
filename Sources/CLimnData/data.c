// One row a file; the list is checked against the folders by scripts/check. `#embed` reads the file next to this one at compile time.
#include "limn_data.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

#define ALIGNED __attribute__((aligned(64)))
static const unsigned char file0[] ALIGNED = {
#embed "clip-tokenizer/merges.txt"
};
static const unsigned char file1[] ALIGNED = {
#embed "clip-tokenizer/tokenizer_config.json"
};
static const unsigned char file2[] ALIGNED = {
#embed "clip-tokenizer/vocab.json"
};
static const unsigned char file3[] ALIGNED = {
#embed "sticker/model_index.json"
};
static const unsigned char file4[] ALIGNED = {
#embed "sticker/scheduler/scheduler_config.json"
};
static const unsigned char file5[] ALIGNED = {
#embed "sticker/text_encoder/config.json"
};
static const unsigned char file6[] ALIGNED = {
#embed "sticker/text_encoder/model.safetensors"
};
static const unsigned char file7[] ALIGNED = {
#embed "sticker/tokenizer/merges.txt"
};
static const unsigned char file8[] ALIGNED = {
#embed "sticker/tokenizer/tokenizer_config.json"
};
static const unsigned char file9[] ALIGNED = {
#embed "sticker/tokenizer/vocab.json"
};
static const unsigned char file10[] ALIGNED = {
#embed "sticker/unet/config.json"
};
static const unsigned char file11[] ALIGNED = {
#embed "sticker/unet/diffusion_pytorch_model.safetensors"
};
static const unsigned char file12[] ALIGNED = {
#embed "sticker/vae/config.json"
};
static const unsigned char file13[] ALIGNED = {
#embed "sticker/vae/diffusion_pytorch_model.safetensors"
};
static const unsigned char file14[] ALIGNED = {
#embed "sticker-world/OFL.txt"
};
static const unsigned char file15[] ALIGNED = {
#embed "sticker-world/drawings.png"
};
static const unsigned char file16[] ALIGNED = {
#embed "sticker-detector/card.json"
};
static const unsigned char file17[] ALIGNED = {
#embed "sticker-detector/model.safetensors"
};
static const unsigned char file18[] ALIGNED = {
#embed "sticker-segmenter/card.json"
};
static const unsigned char file19[] ALIGNED = {
#embed "sticker-segmenter/model.safetensors"
};
static const unsigned char file20[] ALIGNED = {
#embed "sticker-clip/card.json"
};
static const unsigned char file21[] ALIGNED = {
#embed "sticker-clip/config.json"
};
static const unsigned char file22[] ALIGNED = {
#embed "sticker-clip/merges.txt"
};
static const unsigned char file23[] ALIGNED = {
#embed "sticker-clip/model.safetensors"
};
static const unsigned char file24[] ALIGNED = {
#embed "sticker-clip/vocab.json"
};
static const unsigned char file25[] ALIGNED = {
#embed "sticker-reward/card.json"
};
static const unsigned char file26[] ALIGNED = {
#embed "sticker-reward/model.safetensors"
};
static const unsigned char file27[] ALIGNED = {
#embed "sticker/card.json"
};
static const unsigned char file28[] ALIGNED = {
#embed "sticker-pose/card.json"
};
static const unsigned char file29[] ALIGNED = {
#embed "sticker-pose/config.json"
};
static const unsigned char file30[] ALIGNED = {
#embed "sticker-pose/diffusion_pytorch_model.safetensors"
};

static const limn_data_file files[] = {
  {"clip-tokenizer/merges.txt", file0, sizeof file0},
  {"clip-tokenizer/tokenizer_config.json", file1, sizeof file1},
  {"clip-tokenizer/vocab.json", file2, sizeof file2},
  {"sticker/model_index.json", file3, sizeof file3},
  {"sticker/scheduler/scheduler_config.json", file4, sizeof file4},
  {"sticker/text_encoder/config.json", file5, sizeof file5},
  {"sticker/text_encoder/model.safetensors", file6, sizeof file6},
  {"sticker/tokenizer/merges.txt", file7, sizeof file7},
  {"sticker/tokenizer/tokenizer_config.json", file8, sizeof file8},
  {"sticker/tokenizer/vocab.json", file9, sizeof file9},
  {"sticker/unet/config.json", file10, sizeof file10},
  {"sticker/unet/diffusion_pytorch_model.safetensors", file11, sizeof file11},
  {"sticker/vae/config.json", file12, sizeof file12},
  {"sticker/vae/diffusion_pytorch_model.safetensors", file13, sizeof file13},
  {"sticker-world/OFL.txt", file14, sizeof file14},
  {"sticker-world/drawings.png", file15, sizeof file15},
  {"sticker-detector/card.json", file16, sizeof file16},
  {"sticker-detector/model.safetensors", file17, sizeof file17},
  {"sticker-segmenter/card.json", file18, sizeof file18},
  {"sticker-segmenter/model.safetensors", file19, sizeof file19},
  {"sticker-clip/card.json", file20, sizeof file20},
  {"sticker-clip/config.json", file21, sizeof file21},
  {"sticker-clip/merges.txt", file22, sizeof file22},
  {"sticker-clip/model.safetensors", file23, sizeof file23},
  {"sticker-clip/vocab.json", file24, sizeof file24},
  {"sticker-reward/card.json", file25, sizeof file25},
  {"sticker-reward/model.safetensors", file26, sizeof file26},
  {"sticker/card.json", file27, sizeof file27},
  {"sticker-pose/card.json", file28, sizeof file28},
  {"sticker-pose/config.json", file29, sizeof file29},
  {"sticker-pose/diffusion_pytorch_model.safetensors", file30, sizeof file30},
};

const limn_data_file *limn_data_files(size_t *count) {
  *count = sizeof files / sizeof *files;
  return files;
}
