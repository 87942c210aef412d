// Made by scripts/library from the files of stdlib/; do not edit.
static const unsigned char sequences_text[] = {
#embed "../../../stdlib/sequences.limn"
};
static const limn_library_module modules[] = {
  {"sequences", sequences_text, sizeof sequences_text},
};
