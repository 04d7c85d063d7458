using MetaML.Adapters.Bayesian.Priors;
using MetaML.Extensions.Orleans.Learning.Networks;
using MetaML.Extensions.Orleans.Learning.Priors;
using MetaML.Extensions.Orleans.Models;
using MetaML.Extensions.Orleans.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Wire;

/// <summary>Bytes that earlier versions sent or stored are read, and are written in the same form.</summary>
public sealed class GoldenWireTests
{
    private static readonly Serializer s_serializer = new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer>();

    private static readonly TaskRows s_rows = new([
        new RowColumn("a", [1f, 2f]), new RowColumn("b", [1d, 2d]), new RowColumn("c", [1, 2]), new RowColumn("d", [1L, 2L]),
        new RowColumn("e", [true, false]), new RowColumn("f", ["x", ""]), new RowColumn("g", [1f, 2f, 3f, 4f], 2)]);

    public static TheoryData<string, string> Values => new()
    {
        { "rows", "30012DF9D39B1F4D6574614D4C2E5461736B526F777320000F214003610101210005610000803F6000000040E0C101C101C101C101C101E0204003620101C10121000581000000000000F03F800000000000000040E0C101C101C101C101E0204003630101C101C10121000501050009E0C101C101C101E0204003640101C101C101C10121000501050009E0C101C101E0204003650101C101C101C101C10121000501030001E0C101E0204003660101C101C101C101C101C1012100054103784001E0E0204003670109210009610000803F600000004060000040406000008040E0C101C101C101C101C101E0E0E0" },
        { "receipt", "30011E9E678B254D6574614D4C2E5461736B52656365697074E8400576310162090103011DE0" },
        { "scores", "3001B3850BF6234D6574614D4C2E5461736B53636F726573E84005763101032120000F214003610101210005610000803F6000000040E0C101C101C101C101C101E0204003620101C10121000581000000000000F03F800000000000000040E0C101C101C101C101E0204003630101C101C10121000501050009E0C101C101C101E0204003640101C101C101C10121000501050009E0C101C101E0204003650101C101C101C101C10121000501030001E0C101E0204003660101C101C101C101C101C1012100054103784001E0E0204003670109210009610000803F600000004060000040406000008040E0C101C101C101C101C101E0E0E0E0" },
        { "state", "3001C1B309D2214D6574614D4C2E5461736B5374617465E840036D410374410576310103010D010301421F0103E0" },
        { "version", "3001E742F946274D6574614D4C2E4D6F64656C56657273696F6EE84005763141054142012203218000401F22BF809F08810000000000000000E00103E0" },
        { "catalog", "300191FE062F274D6574614D4C2E4D6F64656C436174616C6F6720000321E84005763141054142012203218000401F22BF809F08810000000000000000E00103E0E0C10B010202E0" },
        { "stored", "3001937B55AB234D6574614D4C2E53746F7265645461736BE840057631410701020341213F79BB7B435B05321651DAEF80510100E0" },
        { "learned", "300109C713D2274D6574614D4C2E4C6561726E65645072696F72E820E84005763141054142012203218000401F22BF809F08810000000000000000E00103E00129015101620981000000000000F8BFE0" },
        { "search", "3001A31008052F4D6574614D4C2E5072696F725365617263685374617465E84005763141057632011121E820E8C00541054142012203218000401F22BF809F08810000000000000000E00103E00129015101620981000000000000F8BFE0410B6572726F72E0" },
        { "stored search", "30019C8EB9F3274D6574614D4C2E53746F72656453656172636820E84005763141057632011121E820E8C00741054142012203218000401F22BF809F08810000000000000000E00103E00129015101620981000000000000F8BFE0410B6572726F72E0E0" },
        { "request", "30012024AC23274D6574614D4C2E5072696F7252657175657374E84005763121000321000581000000000000F03F800000000000000040E0E021000981000000000000F03F80000000000000000080000000000000000080000000000000F03FE0210003210005810000000000000840800000000000001040E0E0012203E0" },
        { "answer", "3001FDB41B9B254D6574614D4C2E5072696F72416E73776572E820000D810000000000000840800000000000003E4080000000000000144080000000000000F03F80000000000000004080000000000000E03FE021000321000581000000000000F03F800000000000000040E0E021000981000000000000F03F80000000000000000080000000000000000080000000000000F03FE0210009810000000000000040800000000000000000800000000000000000800000000000000040E0E0" },
        { "network options", "3001D0214C7C3B4D6574614D4C2E4E6574776F726B4C6561726E696E674F7074696F6E73E8000D817B14AE47E17A743F81000000000000F03F01410115C101011D819A9999999999C93F0165C1010122030103E0" },
        { "learned network", "30016A4A868A2B4D6574614D4C2E4C6561726E65644E6574776F726BE820E84005763141054142012203218000401F22BF809F08810000000000000000E00103E001290151013D81000000000000E03F01027DE0" },
        { "learning", "300102069449374D6574614D4C2E4E6574776F726B4C6561726E696E675374617465E84005763141057632011121E8000D817B14AE47E17A743F81000000000000F03F01410115C101011D819A9999999999C93F0165C1010122030103E0015121E820E8C00541054142012203218000401F22BF809F08810000000000000000E00103E001290151013D81000000000000E03F01027DE0410B6572726F72E0" },
        { "stored learning", "3001C3BE960A2B4D6574614D4C2E53746F7265644C6561726E696E6720E84005763141057632011121E8000D817B14AE47E17A743F81000000000000F03F01410115C101011D819A9999999999C93F0165C1010122030103E0015121E820E8C00741054142012203218000401F22BF809F08810000000000000000E00103E001290151013D81000000000000E03F01027DE0410B6572726F72E04107010203E0" },
        { "point", "3001F9D31E1F274D6574614D4C2E4E6574776F726B506F696E74E84005763121E8000D817B14AE47E17A743F81000000000000F03F01410115C101011D819A9999999999C93F0165C1010122030103E0011141110000803F00000040E0" },
        { "gradient", "3001951289392B4D6574614D4C2E4772616469656E74416E73776572E880000000000000E03F41110000803F000000C0E0" },
        { "validation", "30012439B3A32F4D6574614D4C2E56616C69646174696F6E416E73776572E80029016209011181000000000000D03FE0" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Message_IsReadAndWrittenAsBefore(string name, string bytes)
    {
        object value = Value(name);
        Assert.Equal(bytes, Convert.ToHexString(s_serializer.SerializeToArray(value)));
        object read = s_serializer.Deserialize<object>(Convert.FromHexString(bytes))!;
        Assert.Equal(value.GetType(), read.GetType());
        Assert.Equal(bytes, Convert.ToHexString(s_serializer.SerializeToArray(read)));
    }

    [Fact]
    public void Rows_AreReadWithTheirTypes()
    {
        TaskRows read = s_serializer.Deserialize<TaskRows>(s_serializer.SerializeToArray(s_rows))!;
        Assert.Equal(s_rows.Columns.Select(column => (column.Name, column.Count, column.Type)), read.Columns.Select(column => (column.Name, column.Count, column.Type)));
        Assert.Equal(["x", ""], read["f"].Get<string>());
        Assert.Equal([1f, 2f, 3f, 4f], read["g"].Get<float>());
    }

    [Fact]
    public void StoredTask_IsReadAndWrittenAsBefore()
    {
        const string Bytes = "4D54530102763103000000010203100000003F79BB7B435B05321651DAEF80510100";
        var serializer = new StoredTaskSerializer(new NoOthers());
        var stored = (StoredTask)Value("stored");
        Assert.Equal(Bytes, Convert.ToHexString(serializer.Serialize(stored).ToArray()));
        StoredTask read = serializer.Deserialize<StoredTask>(new BinaryData(Convert.FromHexString(Bytes)))!;
        Assert.Equal((stored.Version, "010203", Convert.ToHexString(stored.Events)), (read.Version, Convert.ToHexString(read.Task), Convert.ToHexString(read.Events)));
    }

    [Fact]
    public void StoredTask_Damaged_IsRefused()
    {
        var serializer = new StoredTaskSerializer(new NoOthers());
        byte[] bytes = serializer.Serialize((StoredTask)Value("stored")).ToArray();
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => serializer.Deserialize<StoredTask>(new BinaryData(bytes[..length])));
        Assert.Throws<InvalidDataException>(() => serializer.Deserialize<StoredTask>(new BinaryData((byte[])[.. bytes, 0])));
        bytes[3] = 9;
        Assert.Contains("newer version", Assert.Throws<InvalidDataException>(() => serializer.Deserialize<StoredTask>(new BinaryData(bytes))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_AreKeptByNumberAndByAge()
    {
        DateTimeOffset time = DateTimeOffset.UnixEpoch.AddYears(50);
        var stored = new StoredTask();
        for (int i = 0; i < 10; i++)
            stored = stored with { Events = stored.EventsWith($"event {i}", time.AddSeconds(10 * i), window: 2, lifetime: TimeSpan.FromSeconds(45)) };
        Assert.Equal([5, 6, 7, 8, 9], Enumerable.Range(0, 10).Where(i => stored.Has($"event {i}")));
        stored = stored with { Events = stored.EventsWith("last", time.AddHours(1), window: 2, lifetime: TimeSpan.FromSeconds(45)) };
        Assert.Equal([9], Enumerable.Range(0, 10).Where(i => stored.Has($"event {i}")));
        Assert.Equal(stored.Events, stored.EventsWith(null, time, window: 0, lifetime: TimeSpan.Zero));
    }

    [Fact]
    public void PackedFloats_AreReadAsTheyWere() => Assert.Equal([1.5f, -0f, float.NaN, float.Epsilon], PackedFloats.Unpack(PackedFloats.Pack([1.5f, -0f, float.NaN, float.Epsilon])));

    private static object Value(string name) => name switch
    {
        "rows" => s_rows,
        "receipt" => new TaskReceipt("v1", 300, IsRepeated: true, 7),
        "scores" => new TaskScores("v1", IsKnown: true, s_rows),
        "state" => new TaskState { Model = "m", Task = "t", Version = "v1", IsKnown = true, RowCount = 3, HasStatistics = true, StateBytes = 1000, NeedsRows = true },
        "version" => new ModelVersion("v1", "AB", 100, DateTimeOffset.UnixEpoch.AddDays(1), IsActive: true),
        "catalog" => new ModelCatalog { Versions = [(ModelVersion)Value("version")], Active = "v1", ReservedTasks = 64 },
        "stored" => new StoredTask { Version = "v1", Task = [1, 2, 3], Events = new StoredTask().EventsWith("e", DateTimeOffset.UnixEpoch.AddDays(1), 1, TimeSpan.Zero) },
        "learned" => new LearnedPrior((ModelVersion)Value("version"), 10, 20, 300, -1.5),
        "search" => new PriorSearchState("v1", "v2", 4, (LearnedPrior)Value("learned"), "error"),
        "stored search" => new StoredSearch { Search = (PriorSearchState)Value("search") },
        "request" => new PriorRequest("v1", [[1, 2]], [1, 0, 0, 1], [[3, 4]], 100),
        "network options" => new NetworkLearningOptions { MaximumNumberOfIterations = 3, Shots = 5, Queries = 7, Patience = null, Seed = -1 },
        "learned network" => new LearnedNetwork((ModelVersion)Value("version"), 10, 20, 15, 0.5, 4000),
        "learning" => new NetworkLearningState("v1", "v2", 4, (NetworkLearningOptions)Value("network options"), 20, (LearnedNetwork)Value("learned network"), "error"),
        "stored learning" => new StoredLearning { Learning = (NetworkLearningState)Value("learning"), Checkpoint = [1, 2, 3] },
        "point" => new NetworkPoint("v1", (NetworkLearningOptions)Value("network options"), 4, PackedFloats.Pack([1, 2])),
        "gradient" => new GradientAnswer(0.5, PackedFloats.Pack([1, -2])),
        "validation" => new ValidationAnswer(10, 300, 4, 0.25),
        "answer" => new PriorAnswer(new ShardSums { Tasks = 3, Count = 30, SquaredLabels = 5, PriorShare = 1, Quadratic = 2, LogDeterminant = 0.5, Shifts = [[1, 2]], Squares = [1, 0, 0, 1], Covariances = [2, 0, 0, 2] }),
        _ => throw new ArgumentException(name),
    };

    private sealed class NoOthers : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => throw new NotSupportedException();

        public T Deserialize<T>(BinaryData input) => throw new NotSupportedException();
    }
}
