using MetaML.Adapters;
using MetaML.Heads;
using MetaML.Parameters;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using TorchSharp;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

/// <summary>An adapter of another assembly that also gives the standard deviation of labels about their scores.</summary>
public sealed class OutsideAdapterTests
{
    private readonly MLContext _ml = new(seed: 1);

    public OutsideAdapterTests()
    {
        AdapterOptions.Register<MeanAdapterOptions>("tests.mean");
        AdapterOptions.Register<SilentAdapterOptions>("tests.silent");
        AdapterOptions.Register<TorchOnlyAdapterOptions>("tests.torchonly");
    }

    [Fact]
    public void Fit_AdapterWithDeviation_GivesItsScoresAndDeviations()
    {
        List<TaskRow> rows = Some.Tasks(4);
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        ITransformer model = Trainer(new MeanAdapterOptions()).Fit(data);
        IDataView scored = model.Transform(data);
        float[] expected = [.. rows.Select(row => Deviation(rows.Where(other => other.Task == row.Task)))];
        float[] deviations = [.. scored.GetColumn<float>("ScoreStandardDeviation")];
        Assert.Equal(expected.Length, deviations.Length);
        Assert.All(expected.Zip(deviations), pair => Assert.Equal(pair.First, pair.Second, pair.First * 1e-4));
        Assert.True(expected.Distinct().Count() > 1, "tasks must differ");
    }

    [Fact]
    public void SaveAndLoad_AdapterWithDeviation_KeepsTheDeviations()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks(3));
        ITransformer model = Trainer(new MeanAdapterOptions()).Fit(data);
        ITransformer loaded = _ml.Model.Load(new MemoryStream(SavedModels.Save(_ml, model, data.Schema)), out _);
        Assert.Equal(model.Transform(data).GetColumn<float>("ScoreStandardDeviation"), loaded.Transform(data).GetColumn<float>("ScoreStandardDeviation"));
    }

    [Fact]
    public void Fit_AdapterPromisesDeviationAndGivesNone_Throws()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks(3));
        var error = Assert.Throws<InvalidOperationException>(() => Trainer(new SilentAdapterOptions()).Fit(data));
        Assert.Contains("SilentAdapterOptions.GivesDeviation is true; got null for task 'task0'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_AdapterPromisesDeviationWithoutManagedAdapt_Throws()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks(3));
        var error = Assert.Throws<ArgumentException>(() => Trainer(new TorchOnlyAdapterOptions()).Fit(data));
        Assert.Contains("TorchOnlyAdapterOptions.GivesDeviation must be false unless the adapter implements IManagedAdapter", error.Message, StringComparison.Ordinal);
    }

    private MetaLearnerTrainer Trainer(AdapterOptions adapter) => _ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions
    {
        LabelColumnName = nameof(TaskRow.Value),
        TaskColumnName = nameof(TaskRow.Task),
        FeatureColumnName = nameof(TaskRow.Features),
        Encoder = new IdentityEncoderOptions(),
        Adapter = adapter,
    });

    private static float Deviation(IEnumerable<TaskRow> rows)
    {
        double mean = rows.Average(row => row.Value);
        return (float)Math.Sqrt(rows.Average(row => (row.Value - mean) * (row.Value - mean)));
    }

    private sealed record MeanAdapterOptions : AdapterOptions
    {
        public override IAdapter Create(HeadShape shape) => new MeanAdapter(shape.EmbeddingDimension, hasDeviation: true);

        public override bool GivesDeviation(LabelKind kind) => kind == LabelKind.Regression;
    }

    private sealed record SilentAdapterOptions : AdapterOptions
    {
        public override IAdapter Create(HeadShape shape) => new MeanAdapter(shape.EmbeddingDimension, hasDeviation: false);

        public override bool GivesDeviation(LabelKind kind) => true;
    }

    private sealed record TorchOnlyAdapterOptions : AdapterOptions
    {
        public override IAdapter Create(HeadShape shape) => new TorchOnlyAdapter();

        public override bool GivesDeviation(LabelKind kind) => true;
    }

    // The score of every row is the mean label of its task. The standard deviation is that of the labels.
    private sealed class MeanAdapter(int dimension, bool hasDeviation) : IManagedAdapter
    {
        public IReadOnlyList<ParameterSpec> Parameters => [];

        public AdaptedTasks Adapt(AdaptationInput input)
        {
            torch.Tensor weights = torch.zeros(input.Support.Labels.shape[0], dimension, 1);
            return new AdaptedTasks(input.EncoderParameters, weights, input.Support.Labels.mean([1], keepdim: true));
        }

        public LinearHead Adapt(IReadOnlyList<float[]> parameters, EmbeddedTask support)
        {
            double mean = support.RowCount == 0 ? 0 : support.Labels.Average(), variance = support.RowCount == 0 ? 1 : support.Labels.Average(label => (label - mean) * (label - mean));
            return new LinearHead(new float[dimension], [(float)mean])
            {
                PredictiveVariance = hasDeviation ? new PredictiveVariance((float)Math.Sqrt(variance), new float[(dimension + 1) * (dimension + 2) / 2]) : null,
            };
        }
    }

    private sealed class TorchOnlyAdapter : IAdapter
    {
        public IReadOnlyList<ParameterSpec> Parameters => [];

        public AdaptedTasks Adapt(AdaptationInput input) => throw new NotSupportedException();
    }
}
