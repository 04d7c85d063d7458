using MetaML.Extensions.Construction;
using MetaML.Options;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML;

/// <summary>One pool of classes, in which each row is a class of its own. The rows of the class are copies, which the training varies.</summary>
/// <remarks>
/// For images: the augmentation of <see cref="ConvolutionalEncoderOptions"/> varies each copy anew in each step. Set
/// <see cref="EpisodeOptions.Ways"/>, with <see cref="EpisodeOptions.Shots"/> + <see cref="EpisodeOptions.Queries"/> at most <see cref="Copies"/>. Two rows of one true
/// class are then told apart in vain, which is rare if there are many more classes than ways. Each copy takes memory in the training. Source: UMTRA
/// (Khodadadeh, Bölöni and Shah, 2018, arXiv 1811.11819). Deviations: support and query are both varied, and there is no AutoAugment.
/// </remarks>
public sealed record CopyTaskOptions : TaskConstructionOptions
{
    private const string Pool = "rows";

    /// <summary>Number of rows of each class.</summary>
    /// <value>From 2 (default) to 1,000.</value>
    public int Copies { get; set; } = 2;

    internal override IEnumerable<ConstructedRow> Construct(IDataView data, int seed)
    {
        long number = 0;
        foreach (float[] features in data.GetColumn<float[]>(FeatureColumnName))
        {
            string label = $"row {number++}";
            for (int copy = 0; copy < Copies; copy++)
                yield return new ConstructedRow { Task = Pool, Label = label, Features = features };
        }
    }

    internal override void Validate()
    {
        base.Validate();
        OptionCheck.InRange(this, nameof(Copies), Copies, 2, 1000);
    }
}
