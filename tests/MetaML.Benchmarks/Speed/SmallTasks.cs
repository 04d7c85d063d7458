using MetaML.Data;

namespace MetaML.Benchmarks.Speed;

/// <summary>Generates tasks for measurements of training speed.</summary>
internal static class SmallTasks
{
    /// <summary>Sine waves of random amplitude and phase. Each wave is a task.</summary>
    public static TaskSet Waves(int count, int points)
    {
        var random = new Random(1);
        var store = FeatureStore.Dense(1);
        var builder = new TaskSetBuilder(LabelKind.Regression, store);
        for (int t = 0; t < count; t++)
        {
            double amplitude = 0.1 + 4.9 * random.NextDouble(), phase = Math.PI * random.NextDouble();
            for (int i = 0; i < points; i++)
            {
                float x = 10 * random.NextSingle() - 5;
                builder.Add($"wave {t}", store.Add(new FeatureRow([x])), (float)(amplitude * Math.Sin(x + phase)));
            }
        }

        return builder.Build();
    }

    /// <summary>A pool of classes for few-shot tasks. The rows of a class are random points near its centre.</summary>
    public static TaskSet Pool(int classes, int rowsOfClass, int features)
    {
        var random = new Random(1);
        var store = FeatureStore.Dense(features);
        var builder = new TaskSetBuilder(LabelKind.Multiclass, store);
        for (int c = 0; c < classes; c++)
        {
            float[] centre = Noise();
            for (int i = 0; i < rowsOfClass; i++)
                builder.Add("pool", store.Add(new FeatureRow([.. Noise().Zip(centre, (a, b) => a + b)])), c);
        }

        return builder.Build(classes, ClassSets.PerTask);

        float[] Noise()
        {
            var values = new float[features];
            for (int j = 0; j < features; j++)
                values[j] = 2 * random.NextSingle() - 1;
            return values;
        }
    }
}
