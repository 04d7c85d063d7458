using System.Text.Json;
using MetaML.Numerics;
using MetaML.Pretrained.Distillation;
using MetaML.Pretrained.Network;
using MetaML.Pretrained.Tables;

namespace MetaML.PriorFitting.Evaluation;

/// <summary>Measures the processor time that the network takes to read a table of 100 rows and 10 features, and to predict a row in blocks; and that of a small network to imitate it, and to predict a row.</summary>
internal static class SpeedMeasurement
{
    private const int Support = 100, Width = 10, Blocks = 20, Repetitions = 9, BlocksOfDistilled = 2000;

    /// <summary>Prints the medians of several repetitions.</summary>
    /// <param name="views">The number of views.</param>
    public static void Run(int views)
    {
        var random = new Random(1);
        float[] Numbers(int rows) => [.. Enumerable.Range(0, rows * Width).Select(_ => (float)NormalRandom.Next(random))];
        float[] features = Numbers(Support), query = Numbers(ManagedNetwork.BlockRows);
        var table = new LabeledTable(features, Width, [.. Enumerable.Range(0, Support).Select(row => features[row * Width] > 0 ? 1f : 0)], Classes: 2);
        ManagedNetwork network = ShippedNetwork.OfPackage.Network;
        var buffers = new ViewBuffers(network.Shape, ManagedNetwork.BlockRows);
        var probabilities = new float[2 * ManagedNetwork.BlockRows];
        var reading = new List<double>();
        var scoring = new List<double>();
        var distilling = new List<double>();
        var scoringDistilled = new List<double>();
        for (int repetition = 0; repetition < Repetitions; repetition++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            var fitted = new FittedTable(network, table, views, maximumRows: 1000, seed: 1);
            TimeSpan middle = Environment.CpuUsage.TotalTime;
            reading.Add((middle - start).TotalMilliseconds);
            for (int block = 0; block < Blocks; block++)
                fitted.Score(query, ManagedNetwork.BlockRows, buffers, probabilities);
            TimeSpan end = Environment.CpuUsage.TotalTime;
            scoring.Add((end - middle).TotalMilliseconds / (Blocks * ManagedNetwork.BlockRows));
            DistilledTable distilled = TableDistillation.Fit(fitted);
            TimeSpan learned = Environment.CpuUsage.TotalTime;
            distilling.Add((learned - end).TotalMilliseconds);
            ViewBuffers? none = null;
            for (int block = 0; block < BlocksOfDistilled; block++)
                distilled.Predict(query, ManagedNetwork.BlockRows, ref none, probabilities);
            scoringDistilled.Add((Environment.CpuUsage.TotalTime - learned).TotalMilliseconds / (BlocksOfDistilled * ManagedNetwork.BlockRows));
        }

        Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
        {
            measurement = "speed", rows = Support, features = Width, views,
            fit_ms = Median(reading), row_ms = Median(scoring), distillation_ms = Median(distilling), distilled_row_ms = Median(scoringDistilled),
        }));
    }

    private static double Median(List<double> values) => Math.Round(values.Order().ElementAt(values.Count / 2), 5);
}
