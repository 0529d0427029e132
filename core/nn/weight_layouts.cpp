// The table of layouts.
#include "core/nn/weight_layout.h"

namespace selfsight {

namespace {

const std::string kPatches = "patch_embed.proj.weight", kHfPatches = "embeddings.patch_embeddings.projection.weight", kResidual = "layer1.0.conv1.weight";

/// DINO's, timm's and ours. DINOv2 trains with blocks in chunks, "blocks.0.3."; ours begin with BEiT's names of the layer scale.
const std::vector<WeightRename> kTimm = {
    {"blocks.~.#.ls1.gamma", "blocks.#.gamma_1"},
    {"blocks.~.#.ls2.gamma", "blocks.#.gamma_2"},
    {"blocks.~.#.*", "blocks.#.*"},
    {"blocks.#.ls1.gamma", "blocks.#.gamma_1"},
    {"blocks.#.ls2.gamma", "blocks.#.gamma_2"},
    {"register_tokens", "reg_token"},
    {"*", "*"},
};

/// Hugging Face's transformers: ViT and DINOv2 up to version 4, and from version 5.
const std::vector<WeightRename> kHuggingFace = {
    {"embeddings.cls_token", "cls_token"},
    {"embeddings.position_embeddings", "pos_embed"},
    {"embeddings.register_tokens", "reg_token"},
    {"embeddings.mask_token", "mask_token"},
    {"embeddings.patch_embeddings.projection.*", "patch_embed.proj.*"},
    {"encoder.layer.#.attention.attention.query.*", "blocks.#.attn.qkv.*", 0},
    {"encoder.layer.#.attention.attention.key.*", "blocks.#.attn.qkv.*", 1},
    {"encoder.layer.#.attention.attention.value.*", "blocks.#.attn.qkv.*", 2},
    {"encoder.layer.#.attention.output.dense.*", "blocks.#.attn.proj.*"},
    {"encoder.layer.#.attention.q_proj.*", "blocks.#.attn.qkv.*", 0},
    {"encoder.layer.#.attention.k_proj.*", "blocks.#.attn.qkv.*", 1},
    {"encoder.layer.#.attention.v_proj.*", "blocks.#.attn.qkv.*", 2},
    {"encoder.layer.#.attention.o_proj.*", "blocks.#.attn.proj.*"},
    {"encoder.layer.#.layernorm_before.*", "blocks.#.norm1.*"},
    {"encoder.layer.#.layernorm_after.*", "blocks.#.norm2.*"},
    {"encoder.layer.#.intermediate.dense.*", "blocks.#.mlp.fc1.*"},
    {"encoder.layer.#.output.dense.*", "blocks.#.mlp.fc2.*"},
    {"encoder.layer.#.layer_scale1.lambda1", "blocks.#.gamma_1"},
    {"encoder.layer.#.layer_scale2.lambda1", "blocks.#.gamma_2"},
    {"encoder.layer.#.*", "blocks.#.*"},  // norm1, norm2, mlp.fc1, mlp.fc2
    {"layers.#.attention.q_proj.*", "blocks.#.attn.qkv.*", 0},
    {"layers.#.attention.k_proj.*", "blocks.#.attn.qkv.*", 1},
    {"layers.#.attention.v_proj.*", "blocks.#.attn.qkv.*", 2},
    {"layers.#.attention.o_proj.*", "blocks.#.attn.proj.*"},
    {"layers.#.layernorm_before.*", "blocks.#.norm1.*"},
    {"layers.#.layernorm_after.*", "blocks.#.norm2.*"},
    {"layers.#.*", "blocks.#.*"},  // mlp.fc1, mlp.fc2
    {"layernorm.*", "norm.*"},
    {"*", "*"},
};

const std::vector<WeightRename> kSame = {{"*", "*"}};

/// A torchvision network without its last layer, as nn.Sequential numbers it.
const std::vector<WeightRename> kNumbered = {
    {"0.*", "conv1.*"}, {"1.*", "bn1.*"}, {"4.*", "layer1.*"}, {"5.*", "layer2.*"}, {"6.*", "layer3.*"}, {"7.*", "layer4.*"}, {"*", "*"},
};

}  // namespace

const std::vector<WeightLayout>& weightLayouts()
{
    static const std::vector<WeightLayout> table = {
        {"selfsight_vit", "Selfsight checkpoint", "vit", kPatches, {"method."}, kTimm},
        {"hf_dinov2", "DINOv2, Hugging Face", "vit", kHfPatches, {".layer_scale1.lambda1"}, kHuggingFace},
        {"hf_vit", "ViT, Hugging Face", "vit", kHfPatches, {}, kHuggingFace},
        {"moco_v3_vit", "MoCo v3", "vit", kPatches, {"base_encoder."}, kTimm, 12, true},
        {"moco_v3_vit", "MoCo v3", "vit", kPatches, {"momentum_encoder."}, kTimm, 12, true},
        {"mae", "MAE", "vit", kPatches, {"decoder_embed."}, kTimm, 0, true},
        {"dinov2", "DINOv2", "vit", kPatches, {".ls1.gamma", "mask_token"}, kTimm},
        {"dino", "DINO", "vit", kPatches, {"teacher."}, kTimm},
        {"dino", "DINO", "vit", kPatches, {"last_layer.weight_v"}, kTimm},
        {"timm_vit", "timm or DINO ViT", "vit", kPatches, {}, kTimm},
        {"selfsight_resnet", "Selfsight checkpoint", "resnet", kResidual, {"method."}, kSame},
        {"moco", "MoCo v1 or v2", "resnet", kResidual, {"encoder_q."}, kSame},
        {"moco_v3_resnet", "MoCo v3", "resnet", kResidual, {"base_encoder."}, kSame},
        {"swav", "SwAV", "resnet", kResidual, {"prototypes.", "projection_head."}, kSame},
        {"simsiam", "SimSiam", "resnet", kResidual, {"encoder.", "predictor."}, kSame},
        {"dino_resnet", "DINO", "resnet", kResidual, {"teacher."}, kSame},
        {"vissl", "VISSL", "resnet", kResidual, {"_feature_blocks."}, kSame},
        {"torchvision", "torchvision ResNet", "resnet", kResidual, {}, kSame},
        {"numbered_resnet", "ResNet within nn.Sequential", "resnet", "4.0.conv1.weight", {}, kNumbered},
    };
    return table;
}

}  // namespace selfsight
