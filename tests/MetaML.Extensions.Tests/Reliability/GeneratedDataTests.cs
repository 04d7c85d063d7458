using FsCheck.Xunit;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Reliability;

/// <summary>For all schemas, sizes of tasks and patterns of labels, Fit gives finite scores or a documented exception.</summary>
public sealed class GeneratedDataTests
{
    private static readonly TrainerCase[] s_trainers = [new("binary", "Answer"), new("multiclass", "Key"), new("regression", "Value")];

    [Property(MaxTest = 60)]
    public void Fit_AnyTasks_GivesFiniteScoresOrADocumentedException(byte form, byte featureCount, byte[] taskSizes, byte labels, int seed)
    {
        MLContext ml = new(seed: 1);
        TrainerCase trainer = s_trainers[form % s_trainers.Length];
        int features = 1 + featureCount % 150; // with 100 or more features, rows of mostly zeros are stored sparse
        IDataView rows = Rows(ml, trainer, features, [.. taskSizes.Take(20).Select(size => size % 30)], labels, new Random(seed));
        var options = new MetaLearnerOptions
        {
            LabelColumnName = trainer.Label,
            MaximumNumberOfIterations = 2,
            Encoder = form % 2 == 0 || features >= 100 ? new MlpEncoderOptions { HiddenUnits = [4], EmbeddingDimension = 3 } : new IdentityEncoderOptions(),
            Adapter = (form / 8 % 4) switch
            {
                0 => new RidgeAdapterOptions(),
                1 => new BayesianAdapterOptions(),
                2 => new GradientAdapterOptions { InnerSteps = 2 },
                _ => trainer.Label == "Value" ? new RidgeAdapterOptions() : new PrototypeAdapterOptions(),
            },
        };
        try
        {
            IDataView scored = trainer.Trainer(ml, options).Fit(rows).Transform(rows);
            Assert.All(TrainerConformance.Scores(trainer, scored), score => Assert.True(float.IsFinite(score), $"{score}"));
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException)
        {
            Assert.Matches(@"must|expected", error.Message); // the message gives the constraint
        }
    }

    private static IDataView Rows(MLContext ml, TrainerCase trainer, int features, int[] sizes, byte labels, Random random)
    {
        var all = new List<TaskRow>();
        for (int task = 0; task < sizes.Length; task++)
        {
            for (int i = 0; i < sizes[task]; i++)
            {
                int label = (labels % 5) switch { 0 => 0, 1 => i, 2 => task, 3 => random.Next(3), _ => task + i / 3 };
                all.Add(new TaskRow
                {
                    Task = $"t{task}",
                    Features = [.. Enumerable.Range(0, features).Select(_ => labels % 2 == 0 || random.Next(10) == 0 ? (float)(random.NextDouble() * 2 - 1) : 0)],
                    Answer = label % 2 == 0,
                    Class = $"c{label}",
                    Value = label,
                });
            }
        }

        SchemaDefinition schema = SchemaDefinition.Create(typeof(TaskRow));
        schema["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features);
        return trainer.Data(ml, all, schema);
    }
}
