using System.Globalization;
using System.Numerics;
using Microsoft.ML.Data;

namespace Digits;

/// <summary>One image, and the answer to the question of the task.</summary>
internal sealed record Row
{
    public required string Task { get; init; }

    [VectorType(64)]
    public required float[] Pixels { get; init; }

    public required bool Answer { get; init; }
}

/// <summary>The questions "Is this digit in S?", for many sets S of three to five digits. Each set is a task.</summary>
internal sealed class Questions
{
    /// <summary>The number of draws of support rows for each new question, and the number of support rows with each of the two answers.</summary>
    public const int Draws = 10, SupportPerAnswer = 10;

    private const int TrainingQuestions = 40, NewQuestions = 10;
    private const double TestShare = 0.3;

    private readonly (float[] Pixels, int Digit)[] _trainingImages;
    private readonly (float[] Pixels, int Digit)[] _testImages;
    private readonly int[] _sets; // bit d is set if the set contains digit d

    public Questions(string path)
    {
        var images = File.ReadLines(path).Skip(1)
            .Select(line => line.Split(',').Select(field => float.Parse(field, CultureInfo.InvariantCulture)).ToArray())
            .Select(fields => (Pixels: fields[..64], Digit: (int)fields[64])).ToArray();
        var random = new Random(1);
        random.Shuffle(images);
        int tests = (int)(TestShare * images.Length);
        _testImages = images[..tests];
        _trainingImages = images[tests..];
        _sets = [.. Enumerable.Range(0, 1024).Where(set => BitOperations.PopCount((uint)set) is >= 3 and <= 5)];
        random.Shuffle(_sets);
    }

    /// <summary>All training images for each of the 40 training questions.</summary>
    public IEnumerable<Row> Training => _sets[..TrainingQuestions].SelectMany(set => Rows(Name(set), set, _trainingImages));

    /// <summary>The new questions with ten draws each: the support rows, and the test images.</summary>
    public IEnumerable<(string Task, Row[] Support, Row[] Test)> New
    {
        get
        {
            foreach (int set in _sets[TrainingQuestions..(TrainingQuestions + NewQuestions)])
            {
                for (int draw = 1; draw <= Draws; draw++)
                {
                    string task = $"{Name(set)} #{draw}";
                    var images = _trainingImages.ToArray();
                    new Random(draw).Shuffle(images);
                    Row[] all = [.. Rows(task, set, images)];
                    yield return (task, [.. all.Where(row => row.Answer).Take(SupportPerAnswer), .. all.Where(row => !row.Answer).Take(SupportPerAnswer)], [.. Rows(task, set, _testImages)]);
                }
            }
        }
    }

    /// <summary>The question that a draw belongs to.</summary>
    public static string QuestionOf(string task) => task.Split(" #")[0];

    private static IEnumerable<Row> Rows(string task, int set, IEnumerable<(float[] Pixels, int Digit)> images) =>
        images.Select(image => new Row { Task = task, Pixels = image.Pixels, Answer = (set >> image.Digit & 1) == 1 });

    private static string Name(int set) => "in " + string.Concat(Enumerable.Range(0, 10).Where(digit => (set >> digit & 1) == 1));
}
