using MetaML.Heads;
using Xunit;

namespace MetaML.Core.Tests.Heads;

public sealed class EmbeddedTaskTests
{
    [Fact]
    public void Row_PartOfALargerBuffer_IsTheTasksOwn()
    {
        float[] buffer = [9, 1, 2, 3, 4, 9];
        var task = new EmbeddedTask(buffer.AsMemory(1, 4), 2, [0, 1], [1, 1], 1);
        Assert.Equal([3f, 4], task.Row(1).ToArray());
        EmbeddedTask copy = task.Select([1, 0]);
        Array.Clear(buffer);
        Assert.Equal([3f, 4, 1, 2], copy.Embeddings.ToArray());
        Assert.Equal([1f, 0], copy.Labels);
    }

    [Fact]
    public void New_EmbeddingsOfAnotherLength_Throws() =>
        Assert.Contains("2 values for each of 3 labels; got 5", Assert.Throws<ArgumentException>(() => new EmbeddedTask(new float[5], 2, [0, 1, 0], [1, 1, 1], 1)).Message, StringComparison.Ordinal);
}
