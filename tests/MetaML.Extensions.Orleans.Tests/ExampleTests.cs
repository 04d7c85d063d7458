using System.Text.Json;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests;

/// <summary>The example shows what its README says.</summary>
public sealed class ExampleTests
{
    [Fact]
    public void Tenants_SecondSiloIsKilled_NothingIsLost()
    {
        string output = SiblingProgram.Run("examples/Tenants", null);
        JsonElement result = JsonDocument.Parse(output.Split('\n').Single(line => line.StartsWith("RESULT ", StringComparison.Ordinal))["RESULT ".Length..]).RootElement;
        double Value(string key) => result.GetProperty(key).GetDouble();
        Assert.Equal((1000, 0, 0), (Value("confirmed"), Value("lost"), Value("twice")));
        Assert.InRange(Value("on_killed_silo"), 1, 39);
        Assert.True(Value("repeated") > 0, "no request was under way when the silo was killed");
        Assert.InRange(Value("rmse"), 2.5, 3.5);
        Assert.True(result.GetProperty("identical").GetBoolean());
    }
}
