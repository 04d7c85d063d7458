using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests.Trainers;

public sealed class MetaLearnerTrainerTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Fit_Binary_LearnsTrainingTasksAndNewOnes()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        var model = _ml.BinaryClassification.Trainers.MetaLearner("Answer", maximumNumberOfIterations: 200).Fit(data);
        Assert.True(_ml.BinaryClassification.Evaluate(model.Transform(data), "Answer").Accuracy > 0.85);

        var rows = Some.Tasks(1, 60, firstTask: 50);
        ITransformer adapted = _ml.MetaLearning().Adapt(model, _ml.Data.LoadFromEnumerable(rows.Take(20)));
        double accuracy = _ml.BinaryClassification.Evaluate(adapted.Transform(_ml.Data.LoadFromEnumerable(rows.Skip(20))), "Answer").Accuracy;
        Assert.True(accuracy > 0.75, $"accuracy {accuracy}");
    }
}
