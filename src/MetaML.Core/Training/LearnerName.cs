namespace MetaML.Training;

/// <summary>The names of learners for the log.</summary>
internal static class LearnerName
{
    /// <summary>The name of a learner: encoder and adapter.</summary>
    public static string Of(MetaTrainingOptions options) => $"{OfEncoder(options)} + {Of(options.Adapter!)}";

    /// <summary>The name of an encoder.</summary>
    public static string OfEncoder(MetaTrainingOptions options) => options.Encoder!.GetType().Name.Replace("EncoderOptions", "", StringComparison.Ordinal) + options.Encoder switch
    {
        SparseEncoderOptions { StructureDimension: 0 } => " without structure",
        MlpEncoderOptions { LinearPath: true } => " with a linear path",
        MlpEncoderOptions { HiddenUnits.Length: 0 } => " without hidden layers",
        _ => "",
    };

    /// <summary>The name of an adapter.</summary>
    public static string Of(AdapterOptions adapter) => adapter.GetType().Name.Replace("AdapterOptions", "", StringComparison.Ordinal) + adapter switch
    {
        BayesianAdapterOptions { ValueLikelihood: ValueLikelihood.StudentT } => " (Student's t)",
        BayesianAdapterOptions { ClassLikelihood: ClassLikelihood.Logistic } => " (logistic)",
        _ => "",
    };
}
