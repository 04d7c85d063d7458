using MetaML.Native;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace MetaML.Core.Tests.Native;

public sealed class SparseRowsTests
{
    // Ragged rows, an empty one, and one value in two pieces: [2, 3, 4].
    private static readonly long[] s_coordinates = [0, 0, 0, 1, 1, 1, 1, /* rows */ 0, 0, 2, 0, 1, 1, 1, /* columns */ 1, 3, 0, 2, 0, 3, 3];
    private static readonly double[] s_values = [1.5, -2, 0.25, 3, 1, 0.5, 0.5];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Multiply_SharedOrOwnWeights_EqualsTheDenseProductAndItsFirstAndSecondDerivatives(bool own)
    {
        using var scope = NewDisposeScope();
        Tensor rows = SparseRows.Create(s_coordinates, tensor(s_values), [2, 3, 4]), dense = rows.to_dense();
        long[] shape = own ? [2, 4, 5] : [4, 5];
        Tensor start = rand(shape, dtype: ScalarType.Float64, generator: new Generator(3));

        (Tensor Value, Tensor First, Tensor Second) Derive(Func<Tensor, Tensor> multiply)
        {
            Tensor weights = start.clone().requires_grad_();
            Tensor value = multiply(weights);
            Tensor first = autograd.grad([value.tanh().Squared().sum(new long[] { 0, 1, 2 })], [weights], create_graph: true, retain_graph: true)[0];
            first.Squared().flatten().sum(0L).backward();
            return (value.detach(), first.detach(), weights.grad!);
        }

        var expected = Derive(weights => dense.matmul(weights));
        var actual = Derive(weights => SparseRows.Multiply(rows, weights));
        foreach (var (left, right) in new[] { (expected.Value, actual.Value), (expected.First, actual.First), (expected.Second, actual.Second) })
        {
            Assert.Equal(left.shape, right.shape);
            Assert.True((left - right).abs().max().Value() < 1e-12);
            Assert.True(left.abs().max().Value() > 0.01);
        }
    }

    [Fact]
    public void Multiply_NoValuesOrNoRows_IsZeroOfItsShape()
    {
        using var scope = NewDisposeScope();
        Tensor weights = ones(4, 5);
        Assert.Equal(0, SparseRows.Multiply(SparseRows.Create([], zeros(0), [2, 3, 4]), weights).abs().max().Value());
        Assert.Equal([2, 0, 5], SparseRows.Multiply(SparseRows.Create([], zeros(0), [2, 0, 4]), weights).shape);
    }
}
