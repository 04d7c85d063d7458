using System.Collections;
using System.Reflection;
using MetaML.Models;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Tests;

/// <summary>A copy of options, <c>options with { }</c>, shares no mutable part with the original.</summary>
public sealed class OptionCopyTests
{
    private static readonly Type[] s_records = [.. new[] { typeof(MetaTrainingOptions), typeof(MetaLearnerOptions) }
        .SelectMany(type => type.Assembly.GetExportedTypes())
        .Where(type => !type.IsAbstract && type.GetMethod("<Clone>$") is not null && type.GetConstructor([]) is not null
            && (type.Name.EndsWith("Options", StringComparison.Ordinal) || type.Name.EndsWith("Settings", StringComparison.Ordinal) || type == typeof(OutputColumn) || type == typeof(ImageAugmentation)))];

    public static TheoryData<Type> Records => [.. s_records];

    [Fact]
    public void Records_AreAllThatUsersSet() => Assert.True(s_records.Length >= 25, $"{s_records.Length} records found");

    [Theory]
    [MemberData(nameof(Records))]
    public void Copy_SharesNoMutablePart(Type type)
    {
        object original = Filled(type), copy = Copy(original);
        Assert.Empty(SharedParts(type.Name, original, copy));
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void Copy_HasTheSameValues(Type type)
    {
        object original = Filled(type), copy = Copy(original);
        Assert.Equivalent(original, copy, strict: true);
    }

    [Fact]
    public void Copy_OfMetaLearnerOptions_KeepsWhatTheOriginalHad()
    {
        var original = new MetaLearnerOptions { Encoder = new MlpEncoderOptions { HiddenUnits = [7] } };
        MetaLearnerOptions copy = original with { MaximumNumberOfIterations = 3 };
        ((MlpEncoderOptions)original.Encoder).HiddenUnits[0] = 9;
        original.Episodes.Shots = 4;
        Assert.Equal([7], ((MlpEncoderOptions)copy.Encoder!).HiddenUnits);
        Assert.Null(copy.Episodes.Shots);
    }

    [Fact]
    public void Copy_OfSettings_HasItsOwnTrainers()
    {
        var ml = new MLContext();
        var original = new TaskExperimentSettings();
        original.Add("first", ml.Regression.Trainers.Sdca());
        TaskExperimentSettings copy = original with { MaxModels = 2 };
        original.Add("second", ml.Regression.Trainers.Sdca());
        Assert.Single(TrainersOf(copy));
        Assert.Equal(2, TrainersOf(original).Count);
    }

    private static ICollection TrainersOf(TaskExperimentSettings settings) =>
        (ICollection)typeof(TaskExperimentSettings).GetField("_trainers", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(settings)!;

    private static object Copy(object original) => original.GetType().GetMethod("<Clone>$")!.Invoke(original, null)!;

    // Options in which every property that can have a mutable value is set.
    private static object Filled(Type type)
    {
        object filled = Activator.CreateInstance(type)!;
        if (filled is CheckedLoadOptions load)
            load.TrustedLoaders["a"] = type.Assembly;
        foreach (PropertyInfo property in type.GetProperties().Where(property => property.CanWrite && property.GetValue(filled) is null or ICollection { Count: 0 }))
        {
            if (Some(property.PropertyType) is { } value)
                property.SetValue(filled, value);
        }

        return filled;
    }

    private static object? Some(Type type)
    {
        if (type == typeof(EncoderOptions))
            return new MlpEncoderOptions();
        if (type == typeof(AdapterOptions))
            return new GradientAdapterOptions();
        if (type == typeof(TaskWeightingOptions))
            return new GivenWeightingOptions { Weights = new Dictionary<string, double> { ["a"] = 2 } };
        if (type == typeof(IReadOnlyDictionary<string, double>))
            return new Dictionary<string, double> { ["a"] = 2 };
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            Type element = type.GetGenericArguments()[0];
            var list = Array.CreateInstance(element, 1);
            list.SetValue(element == typeof(string) ? "a" : Some(element) ?? Activator.CreateInstance(element), 0);
            return list;
        }

        return s_records.Contains(type) ? Filled(type) : null;
    }

    // The mutable objects that both copies share, with their paths.
    private static IEnumerable<string> SharedParts(string path, object original, object copy)
    {
        if (original is string or Delegate or MetaModel or RelatedPrior or Assembly || original.GetType().IsValueType)
            yield break;
        if (ReferenceEquals(original, copy))
        {
            yield return path;
            yield break;
        }

        if (original is IEnumerable items)
        {
            int index = 0;
            foreach (var (first, second) in items.Cast<object>().Zip(((IEnumerable)copy).Cast<object>()))
            {
                foreach (string shared in SharedParts($"{path}[{index}]", first, second))
                    yield return shared;
                index++;
            }

            yield break;
        }

        foreach (PropertyInfo property in original.GetType().GetProperties().Where(property => property.GetIndexParameters().Length == 0 && property.Name != "EqualityContract"))
        {
            if (property.GetValue(original) is { } first && property.GetValue(copy) is { } second)
            {
                foreach (string shared in SharedParts($"{path}.{property.Name}", first, second))
                    yield return shared;
            }
        }
    }
}
