namespace MetaML;

/// <summary>What a label is, and so how many outputs a head has and which loss it is trained by.</summary>
public enum LabelKind
{
    /// <summary>Yes or no (1 or 0): one output, a logit.</summary>
    Binary,

    /// <summary>One of several classes, numbered from 0: one output per class, logits of a softmax.</summary>
    Multiclass,

    /// <summary>A real value: one output.</summary>
    Regression,
}
