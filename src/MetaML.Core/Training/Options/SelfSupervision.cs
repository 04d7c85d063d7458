namespace MetaML;

/// <summary>What an encoder is learned by where there are no labels.</summary>
public enum SelfSupervision
{
    /// <summary>To tell rows apart by corrupted copies of them (SCARF, Bahri et al., 2021, arXiv 2106.15147).</summary>
    Contrastive,

    /// <summary>To restore each feature from corrupted rows (denoising autoencoder, Vincent et al., ICML 2008).</summary>
    Reconstruction,
}
