using MetaML.Numerics;
using MetaML.Statistics;
using MetaML.TestKit;
using Xunit;

namespace MetaML.Core.Tests.Statistics;

public sealed class DriftStateTests
{
    private const double Threshold = 1e5; // at most one false alarm in a hundred thousand rows

    private static readonly StatisticsForm s_form = new(LabelKind.Regression, 2, IsSummable: true, HasProducts: true, BufferRows: 0);

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    [InlineData(1.2)] // the standard deviation of a task with 1.4 times the model's variance
    public void Next_StableErrors_RaiseHardlyAnAlarm(double deviation)
    {
        int alarms = 0;
        for (int task = 0; task < 400; task++)
            alarms += Alarm(new Random(task), _ => deviation, 1000) > 0 ? 1 : 0;
        Assert.InRange(alarms, 0, 8); // at most four are expected
    }

    [Fact]
    public void Next_TrueDensityAndAnyOther_RaisesAtMostTheStatedRate()
    {
        // The head's density N(0, 1) is the true one; the other is N(0.5, 1). With c = 4000 at most a quarter of the tasks may have an alarm in a thousand rows.
        int alarms = 0;
        for (int task = 0; task < 1000; task++)
        {
            var random = new Random(task);
            DriftState state = DriftState.Start;
            bool isAlarm = false;
            for (int row = 0; row < 1000 && !isAlarm; row++)
                state = state.Next(Row(row), 0.5 * NormalRandom.Next(random) - 0.125, 1, 4000, out isAlarm);
            alarms += isAlarm ? 1 : 0;
        }

        Assert.InRange(alarms, 1, 250);
    }

    [Fact]
    public void Next_ErrorsThatRise_RaiseAnAlarmWithTheRowsSinceTheChange()
    {
        int exact = 0;
        for (int task = 0; task < 50; task++)
        {
            int alarm = Alarm(new Random(task), row => row < 200 ? 1 : 5, 260, out DriftState state);
            Assert.InRange(alarm, 203, 230);
            Assert.Equal(alarm - 1, state.Recent[^1].Label);
            exact += Math.Abs(state.Recent.Count - (alarm - 200)) <= 2 ? 1 : 0;
        }

        Assert.InRange(exact, 40, 50);
    }

    [Fact]
    public void Accept_AfterAnAlarm_TakesTheNewErrorsForStable()
    {
        Alarm(new Random(1), row => row < 200 ? 1 : 5, 260, out DriftState state);
        Assert.InRange(state.Level, 0.5, 2);
        state = state.Accept();
        Assert.InRange(state.Level, 3, 25);
        Assert.Empty(state.Recent);
    }

    [Fact]
    public void WriteRead_AnyState_IsTheSame()
    {
        Alarm(new Random(1), row => row < 200 ? 1 : 5, 205, out DriftState state);
        byte[] bytes = Bytes.Of(state.Write);
        Assert.Equal(bytes, Bytes.Of(Read(bytes).Write));
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<EndOfStreamException>(() => Read(bytes[..length]));
        Assert.Throws<InvalidDataException>(() => Read([.. BitConverter.GetBytes(-1.0), .. bytes[8..]]));
        Assert.Throws<InvalidDataException>(() => Read([.. BitConverter.GetBytes(double.NaN), .. bytes[8..]]));
    }

    [Fact]
    public void Without_ForgottenRows_KeepsNoneOfThem()
    {
        Alarm(new Random(1), row => row < 200 ? 1 : 5, 260, out DriftState state);
        StoredRow forgotten = state.Recent[1];
        Assert.Equal(state.Recent.Count - 1, state.Without([forgotten]).Recent.Count);
        Assert.DoesNotContain(forgotten, state.Without([forgotten]).Recent);
    }

    private static int Alarm(Random random, Func<int, double> deviation, int rows) => Alarm(random, deviation, rows, out _);

    // The number of rows at the first alarm, or 0.
    private static int Alarm(Random random, Func<int, double> deviation, int rows, out DriftState state)
    {
        state = DriftState.Start;
        for (int row = 0; row < rows; row++)
        {
            // The head's density is N(0, level); the other is N(0, 9 level).
            double error = Math.Pow(deviation(row) * NormalRandom.Next(random), 2);
            state = state.Next(Row(row), error / (2 * state.Level) * (1 - 1 / 9.0) - Math.Log(3), error, Threshold, out bool isAlarm);
            if (isAlarm)
                return row + 1;
        }

        return 0;
    }

    private static StoredRow Row(int number) => new([number, 1], null, number, 1);

    private static DriftState Read(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        return DriftState.Read(reader, s_form, 1);
    }
}
