using MetaML.Native;
using TorchSharp;
using Xunit;

namespace MetaML.Core.Tests.Native;

/// <summary>TorchSharp may free a Scalar during the native call that it is passed to: none may be made where nobody holds it.</summary>
public sealed class ScalarLifetimeTests
{
    private static readonly CallGraph s_torch = new(typeof(torch).Assembly.Location);
    private static readonly HashSet<string> s_makesScalars = s_torch.CallersOf(MakesScalar);

    [Theory]
    [InlineData(typeof(TorchRuntime))]
    [InlineData(typeof(ScalarLifetimeTests))]
    [InlineData(typeof(MetaML.TestKit.AdapterConformance))] // a test that crashes now and then says nothing
    public void Assembly_TorchSharpCalls_MakeNoScalarThatNobodyHolds(Type inAssembly)
    {
        string[] unsafeCalls = [.. new CallGraph(inAssembly.Assembly.Location).Calls
            .Where(call => s_makesScalars.Contains(call.Callee) || MakesScalar(call.Callee))
            .Where(call => !(IsHeld(call.Caller) && call.Callee.Contains(".ToScalar(", StringComparison.Ordinal)))
            .Select(call => $"{call.Caller} → {call.Callee}")];
        Assert.Empty(unsafeCalls);
    }

    [Theory]
    [InlineData("square")]
    [InlineData("add")]
    public void CallGraph_MethodsKnownToMakeScalars_AreFound(string method) =>
        Assert.Contains(s_makesScalars, name => name.Contains($"torch.Tensor.{method}(", StringComparison.Ordinal));

    private static bool MakesScalar(string name) =>
        name.StartsWith("TorchSharp.Scalar.op_Implicit(", StringComparison.Ordinal)
        || name.StartsWith("TorchSharp.Scalar..ctor(", StringComparison.Ordinal)
        || name.Contains(".ToScalar(", StringComparison.Ordinal);

    private static bool IsHeld(string caller) => caller.StartsWith("MetaML.Native.TensorArithmetic.", StringComparison.Ordinal);
}
