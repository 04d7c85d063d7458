using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;

namespace MetaML.Core.Tests.Models;

public sealed class AdaptedTaskTests
{
    private static readonly TaskSet s_tasks = CoreData.Of(Some.Tasks(3), LabelKind.Binary);
    private static readonly MetaModel s_model = MetaTrainer.Train(s_tasks, new MetaTrainingOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [4] }, Adapter = new RidgeAdapterOptions(), MaximumNumberOfIterations = 0 });

    [Theory]
    [InlineData(null)]
    [InlineData(1.25)]
    public void WriteRead_RowsAndWeight_StayAsTheyAre(double? weight)
    {
        AdaptedTask task = s_model.Adapt(s_tasks)[1].WithWeight(weight);
        AdaptedTask read = Read(Bytes.Of(writer => task.Write(writer, s_model)));
        Assert.Equal((s_tasks.Tasks[1].RowCount, weight), (read.RowCount, read.TrainingWeight));
        Assert.Equal((read.RowCount, weight), (read.WithClasses([0, 1]).RowCount, read.WithClasses([0, 1]).TrainingWeight));
        Assert.Equal(task.Head.Weights, read.Head.Weights);
    }

    [Fact]
    public void Read_TaskOfAnEarlierVersion_HasNeither()
    {
        var task = new AdaptedTask(s_model.Adapt(s_tasks)[0].Head, [0, 1]); // the content in earlier versions
        AdaptedTask read = Read(Bytes.Of(writer => task.Write(writer, s_model)));
        Assert.Equal((null, null), (read.RowCount, read.TrainingWeight));
    }

    [Fact]
    public void Read_WeightThatIsNotFinite_ThrowsInvalidData() =>
        Assert.Throws<InvalidDataException>(() => Read(Bytes.Of(writer => s_model.Adapt(s_tasks)[0].WithWeight(double.NaN).Write(writer, s_model))));

    private static AdaptedTask Read(byte[] bytes) => AdaptedTask.Read(new BinaryReader(new MemoryStream(bytes)), s_model, 2);
}
