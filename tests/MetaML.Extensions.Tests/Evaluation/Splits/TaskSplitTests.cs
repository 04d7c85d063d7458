using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Xunit;

namespace MetaML.Extensions.Tests.Evaluation.Splits;

public sealed class TaskSplitTests
{
    private readonly MLContext _ml = TrainerCase.NewContext();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TaskTrainValidationTestSplit_Parts_ShareNoTaskAndLoseNoRow(bool asKey)
    {
        List<TaskRow> rows = Some.Tasks();
        IDataView data = _ml.Data.LoadFromEnumerable(rows);
        if (asKey)
            data = _ml.Transforms.Conversion.MapValueToKey("Task").Fit(data).Transform(data);
        TaskSplit split = _ml.MetaLearning().TaskTrainValidationTestSplit(data, 0.25, 0.25);
        IDataView[] parts = [split.TrainSet, split.ValidationSet, split.TestSet];
        string[][] tasks = [.. parts.Select(part => Tasks(part).Distinct().ToArray())];
        Assert.Equal([6, 3, 3], tasks.Select(names => names.Length));
        Assert.Equal(12, tasks.SelectMany(names => names).Distinct().Count());
        Assert.Equal(rows.Count, parts.Sum(part => part.GetColumn<float>("Value").Count()));
        Assert.Equal(rows.Where(row => tasks[1].Contains(row.Task)).Select(row => row.Value), split.ValidationSet.GetColumn<float>("Value"));
    }

    [Fact]
    public void TaskTrainTestSplit_Seed_ChoosesTheTasks()
    {
        IDataView data = _ml.Data.LoadFromEnumerable(Some.Tasks());
        string[] TestTasks(int seed) => [.. Tasks(_ml.MetaLearning().TaskTrainTestSplit(data, 0.5, seed: seed).TestSet).Distinct()];
        Assert.Equal(TestTasks(1), TestTasks(1));
        Assert.NotEqual(TestTasks(1), TestTasks(2));
        Assert.Contains("at least 2 tasks to be split by task; got 1", Assert.Throws<InvalidOperationException>(() => _ml.MetaLearning().TaskTrainTestSplit(_ml.Data.LoadFromEnumerable(Some.Tasks(1)))).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.MetaLearning().TaskTrainTestSplit(data, 1));
    }

    [Fact]
    public void SupportQuerySplit_EachTask_IsSplitByClass()
    {
        List<TaskRow> rows = Some.Tasks();
        SupportQuerySplit split = _ml.MetaLearning().SupportQuerySplit(_ml.Data.LoadFromEnumerable(rows), 8, labelColumnName: "Answer");
        Assert.All(Tasks(split.Support).GroupBy(task => task), task => Assert.Equal(8, task.Count()));
        Assert.All(Tasks(split.Support).Zip(split.Support.GetColumn<bool>("Answer")).GroupBy(row => row.First), task => Assert.Equal(2, task.Distinct().Count()));
        float[] both = [.. split.Support.GetColumn<float>("Value"), .. split.Query.GetColumn<float>("Value")];
        Assert.Equal(rows.Select(row => row.Value).Order(), both.Order());
    }

    [Fact]
    public void Parts_ServeWhoeverReadsThem()
    {
        IDataView part = _ml.MetaLearning().TaskTrainTestSplit(_ml.Data.LoadFromEnumerable(Some.Tasks()), 0.25).TrainSet;
        Assert.True(_ml.BinaryClassification.Evaluate(new TrainerCase("binary", "Answer").Pipeline(_ml).Fit(part).Transform(part), "Answer").Accuracy > 0.7);
        Assert.NotEmpty(_ml.Data.CreateEnumerable<TaskRow>(part, reuseRowObject: false));
        Assert.Equal(part.GetColumn<float>("Value"), _ml.Data.Cache(part).GetColumn<float>("Value"));
        _ml.BinaryClassification.Trainers.SdcaLogisticRegression("Answer").Fit(part); // shuffles
    }

    private static IEnumerable<string> Tasks(IDataView data)
    {
        if (data.Schema["Task"].Type is TextDataViewType)
            return data.GetColumn<string>("Task");
        VBuffer<ReadOnlyMemory<char>> names = default;
        data.Schema["Task"].GetKeyValues(ref names);
        return data.GetColumn<uint>("Task").Select(key => names.GetItemOrDefault((int)key - 1).ToString());
    }
}
