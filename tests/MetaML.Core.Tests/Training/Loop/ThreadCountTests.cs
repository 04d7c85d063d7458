using MetaML.Data;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Training.Loop;

[Collection("by itself")] // the number of threads belongs to the process
public sealed class ThreadCountTests
{
    private static readonly MetaTrainingOptions s_quick = new() { MaximumNumberOfIterations = 10 };

    [Fact]
    public void Train_ThreadsOfTheCaller_ChangeNothingAndAreKept()
    {
        TaskSet set = CoreData.Of(Some.Tasks(), LabelKind.Binary);
        byte[] bits = Bytes.Of(MetaTrainer.Train(set, s_quick).Write);
        int before = get_num_threads();
        set_num_threads(4);
        try
        {
            Assert.Equal(bits, Bytes.Of(MetaTrainer.Train(set, s_quick).Write));
            Assert.Equal(4, get_num_threads());
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
