namespace MetaML;

/// <summary>The kind of label. It determines the number of outputs of a head and the loss.</summary>
public enum LabelKind
{
    /// <summary>1 or 0. The head has one output, a logit.</summary>
    Binary,

    /// <summary>One of several classes, numbered from 0. The head has one output for each class: the logits of a softmax.</summary>
    Multiclass,

    /// <summary>A real value. The head has one output.</summary>
    Regression,
}
