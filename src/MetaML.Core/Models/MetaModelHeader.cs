using System.Text.Json.Serialization;
using MetaML.Data;
using MetaML.Options;
using MetaML.Statistics;

namespace MetaML.Models;

/// <summary>The header of a saved model. It determines the layout and the meaning of the numbers that follow.</summary>
internal sealed record MetaModelHeader
{
    public required LabelKind Kind { get; init; }

    public required int FeatureCount { get; init; }

    public required int? CommonOutputs { get; init; }

    public required EncoderOptions Encoder { get; init; }

    public required AdapterOptions Adapter { get; init; }

    public required double LabelMean { get; init; }

    public required double LabelDeviation { get; init; }

    /// <summary>The sizes of the labels of tasks; null in models of earlier versions, and if labels have one scale.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public LabelSizes? LabelSizes { get; init; }

    public required bool IsScaled { get; init; }

    public required bool IsShifted { get; init; }

    /// <summary>Whether a scaling without shift has a factor for each feature. Models of earlier versions have one factor for all features.</summary>
    public bool IsScaledByFeature { get; init; }

    /// <summary>The summary of training; null in models of earlier versions.</summary>
    public TrainingSummary? Training { get; init; }

    /// <summary>The calibration; null in models of earlier versions and in models without calibration.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ScoreCalibration? Calibration { get; init; }

    /// <summary>What tasks keep of their rows; null in models of earlier versions and in models whose tasks keep nothing.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public StatisticsOptions? Statistics { get; init; }

    /// <summary>The quantiles of intervals or sets; null in models of earlier versions and in models without them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ConformalQuantiles? Conformal { get; init; }

    /// <summary>The names of the features; null in models of earlier versions, and if they are long or absent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string[]? FeatureNames { get; init; }

    /// <summary>The names of the covariates of tasks; null if there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string[]? CovariateNames { get; init; }

    /// <summary>The names of the levels of groups, the outermost first; null if tasks are in no groups.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string[]? GroupNames { get; init; }

    /// <summary>What is known of the prior beside its values; null if nothing is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PopulationEstimate? Population { get; init; }

    /// <summary>Checks a header that was read from a file.</summary>
    /// <exception cref="ArgumentException">A property is missing, outside its range, or contradicts another.</exception>
    public void Validate()
    {
        OptionCheck.NotNull(this, nameof(Encoder), Encoder);
        OptionCheck.NotNull(this, nameof(Adapter), Adapter);
        OptionCheck.Defined(this, nameof(Kind), Kind);
        OptionCheck.AtLeast<int>(this, nameof(FeatureCount), FeatureCount, 1);
        OptionCheck.AtLeast(this, nameof(CommonOutputs), CommonOutputs, 1);
        if (Kind != LabelKind.Multiclass && CommonOutputs != 1)
            throw OptionCheck.Error(this, nameof(CommonOutputs), "1 unless labels are multiclass", CommonOutputs);
        OptionCheck.Positive(this, nameof(LabelDeviation), LabelDeviation);
        LabelSizes?.Validate();
        Training?.Validate();
        Population?.Validate();
        if (FeatureNames is not null && (FeatureNames.Length != FeatureCount || FeatureNames.Contains(null)))
            throw OptionCheck.Error(this, nameof(FeatureNames), $"{FeatureCount} names, or null", FeatureNames.Length);
        if (CovariateNames is not null && (CovariateNames.Length == 0 || CovariateNames.Contains(null)))
            throw OptionCheck.Error(this, nameof(CovariateNames), "names, or null", CovariateNames.Length);
        if (GroupNames is not null && (GroupNames.Length == 0 || GroupNames.Contains(null)))
            throw OptionCheck.Error(this, nameof(GroupNames), "names, or null", GroupNames.Length);
        Statistics?.Validate();
        Conformal?.Validate();
        if (Calibration is not null && CommonOutputs is null)
            throw OptionCheck.Error(this, nameof(Calibration), "null unless tasks have common outputs", Calibration);
        Calibration?.Validate(Kind, Kind == LabelKind.Multiclass ? CommonOutputs : null);
        Encoder.Validate();
        Adapter.Validate(Kind);
        Adapter.Validate(Encoder);
    }
}
