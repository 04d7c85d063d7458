using MetaML.Numerics;
using Microsoft.ML.Data;

namespace MetaML.Pretrained.Tests.Trainers;

/// <summary>A made-up patient. Age and pressure decide; the third feature is noise.</summary>
internal sealed class PatientRow
{
    [VectorType(3)]
    public float[] Features { get; set; } = [];

    public bool Answer { get; set; }

    public string Class { get; set; } = "";

    public float Value { get; set; }

    public static PatientRow[] Draw(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            float age = (float)NormalRandom.Next(random), pressure = (float)NormalRandom.Next(random);
            float risk = age + pressure + 0.2f * (float)NormalRandom.Next(random);
            return new PatientRow
            {
                Features = [50 + 15 * age, 120 + 10 * pressure, (float)NormalRandom.Next(random)],
                Answer = risk > 0,
                Class = risk < -0.7 ? "low" : risk < 0.7 ? "middle" : "high",
                Value = 100 + 20 * risk,
            };
        })];
    }
}
