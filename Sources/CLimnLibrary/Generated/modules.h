// Made by scripts/library from the files of stdlib/; do not edit.
static const unsigned char assertions_text[] = {
#embed "../../../stdlib/assertions.limn"
};
static const unsigned char break_a_scene_text[] = {
#embed "../../../stdlib/break_a_scene.limn"
};
static const unsigned char byte_pairs_text[] = {
#embed "../../../stdlib/byte_pairs.limn"
};
static const unsigned char composite_text[] = {
#embed "../../../stdlib/composite.limn"
};
static const unsigned char custom_diffusion_text[] = {
#embed "../../../stdlib/custom_diffusion.limn"
};
static const unsigned char data_text[] = {
#embed "../../../stdlib/data.limn"
};
static const unsigned char dates_text[] = {
#embed "../../../stdlib/dates.limn"
};
static const unsigned char dreambooth_text[] = {
#embed "../../../stdlib/dreambooth.limn"
};
static const unsigned char files_text[] = {
#embed "../../../stdlib/files.limn"
};
static const unsigned char learning_text[] = {
#embed "../../../stdlib/learning.limn"
};
static const unsigned char losses_text[] = {
#embed "../../../stdlib/losses.limn"
};
static const unsigned char networks_text[] = {
#embed "../../../stdlib/networks.limn"
};
static const unsigned char paths_text[] = {
#embed "../../../stdlib/paths.limn"
};
static const unsigned char photos_text[] = {
#embed "../../../stdlib/photos.limn"
};
static const unsigned char plots_text[] = {
#embed "../../../stdlib/plots.limn"
};
static const unsigned char sequences_text[] = {
#embed "../../../stdlib/sequences.limn"
};
static const unsigned char statistics_text[] = {
#embed "../../../stdlib/statistics.limn"
};
static const unsigned char sticker_clip_text[] = {
#embed "../../../stdlib/sticker_clip.limn"
};
static const unsigned char sticker_detector_text[] = {
#embed "../../../stdlib/sticker_detector.limn"
};
static const unsigned char sticker_drawings_text[] = {
#embed "../../../stdlib/sticker_drawings.limn"
};
static const unsigned char sticker_gates_text[] = {
#embed "../../../stdlib/sticker_gates.limn"
};
static const unsigned char sticker_layout_text[] = {
#embed "../../../stdlib/sticker_layout.limn"
};
static const unsigned char sticker_places_text[] = {
#embed "../../../stdlib/sticker_places.limn"
};
static const unsigned char sticker_pose_text[] = {
#embed "../../../stdlib/sticker_pose.limn"
};
static const unsigned char sticker_reward_text[] = {
#embed "../../../stdlib/sticker_reward.limn"
};
static const unsigned char sticker_segmenter_text[] = {
#embed "../../../stdlib/sticker_segmenter.limn"
};
static const unsigned char sticker_subjects_text[] = {
#embed "../../../stdlib/sticker_subjects.limn"
};
static const unsigned char sticker_world_text[] = {
#embed "../../../stdlib/sticker_world.limn"
};
static const unsigned char strings_text[] = {
#embed "../../../stdlib/strings.limn"
};
static const unsigned char textual_inversion_text[] = {
#embed "../../../stdlib/textual_inversion.limn"
};
static const limn_library_module modules[] = {
  {"assertions", assertions_text, sizeof assertions_text},
  {"break_a_scene", break_a_scene_text, sizeof break_a_scene_text},
  {"byte_pairs", byte_pairs_text, sizeof byte_pairs_text},
  {"composite", composite_text, sizeof composite_text},
  {"custom_diffusion", custom_diffusion_text, sizeof custom_diffusion_text},
  {"data", data_text, sizeof data_text},
  {"dates", dates_text, sizeof dates_text},
  {"dreambooth", dreambooth_text, sizeof dreambooth_text},
  {"files", files_text, sizeof files_text},
  {"learning", learning_text, sizeof learning_text},
  {"losses", losses_text, sizeof losses_text},
  {"networks", networks_text, sizeof networks_text},
  {"paths", paths_text, sizeof paths_text},
  {"photos", photos_text, sizeof photos_text},
  {"plots", plots_text, sizeof plots_text},
  {"sequences", sequences_text, sizeof sequences_text},
  {"statistics", statistics_text, sizeof statistics_text},
  {"sticker_clip", sticker_clip_text, sizeof sticker_clip_text},
  {"sticker_detector", sticker_detector_text, sizeof sticker_detector_text},
  {"sticker_drawings", sticker_drawings_text, sizeof sticker_drawings_text},
  {"sticker_gates", sticker_gates_text, sizeof sticker_gates_text},
  {"sticker_layout", sticker_layout_text, sizeof sticker_layout_text},
  {"sticker_places", sticker_places_text, sizeof sticker_places_text},
  {"sticker_pose", sticker_pose_text, sizeof sticker_pose_text},
  {"sticker_reward", sticker_reward_text, sizeof sticker_reward_text},
  {"sticker_segmenter", sticker_segmenter_text, sizeof sticker_segmenter_text},
  {"sticker_subjects", sticker_subjects_text, sizeof sticker_subjects_text},
  {"sticker_world", sticker_world_text, sizeof sticker_world_text},
  {"strings", strings_text, sizeof strings_text},
  {"textual_inversion", textual_inversion_text, sizeof textual_inversion_text},
};
