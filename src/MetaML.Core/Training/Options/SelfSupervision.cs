namespace MetaML;

/// <summary>The objective of training without labels.</summary>
public enum SelfSupervision
{
    /// <summary>Contrastive learning: recognise a row among others from corrupted copies (SCARF, Bahri et al., 2021, arXiv 2106.15147).</summary>
    Contrastive,

    /// <summary>Predict each original feature from corrupted rows (denoising autoencoder, Vincent et al., ICML 2008).</summary>
    Reconstruction,
}
