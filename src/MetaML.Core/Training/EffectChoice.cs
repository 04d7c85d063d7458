using System.Globalization;
using MetaML.Adapters;
using MetaML.Adapters.Bayesian.Mixed;
using MetaML.Adapters.Bayesian.Priors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Options;
using MetaML.Parameters;
using MetaML.Training.Loop;

namespace MetaML.Training;

/// <summary>Decides which of the slopes that <see cref="BayesianAdapterOptions.ChosenFeatures"/> names vary over tasks.</summary>
/// <remarks>
/// Linear mixed models with a diagonal covariance are compared by the Bayesian information criterion (Schwarz, 1978), with tasks as the units of a variance: a slope
/// varies if its variance raises the log likelihood of the training tasks by more than half the logarithm of their number. The slopes are tried from the one that raises it least, each without those that were found to be fixed.
/// </remarks>
internal static class EffectChoice
{
    private const int MaximumRows = 500; // of a task

    /// <summary>The candidate with decided effects.</summary>
    /// <param name="candidate">Validated options with encoder and adapter set.</param>
    /// <param name="data">The tasks.</param>
    /// <param name="run">Receives the choice; its time limits the search.</param>
    public static MetaTrainingOptions Decide(MetaTrainingOptions candidate, TrainingData data, TrainingRun run)
    {
        if (candidate.Adapter is not BayesianAdapterOptions { ChosenFeatures: { Count: > 0 } chosen } options)
            return candidate;
        IReadOnlyList<string> names = data.Problems[0].Tasks.Features.FeatureNames;
        BayesianAdapterOptions all = options with { ChosenFeatures = null, VaryingFeatures = [.. (options.VaryingFeatures ?? names).Union(chosen)] };
        Sample[] samples = [.. data.Problems.Select(problem => SampleOf(problem, candidate with { Adapter = all }, data.ScalingFor(candidate.Encoder!)))];
        PriorLimits limits = run.PriorLimits(candidate);
        double least = 0.5 * Math.Log(samples.Sum(sample => sample.Tasks.Count));
        List<string> varying = [.. all.VaryingFeatures];
        double best = LogLikelihood(varying);
        var reasons = new List<string>();
        foreach (string name in chosen.Distinct().OrderBy(name => best - LogLikelihood([.. varying.Where(other => other != name)])).ToArray())
        {
            if (limits.IsTimeUp() || (varying.Count == 1 && !options.VaryingIntercept))
                break;
            double without = LogLikelihood([.. varying.Where(other => other != name)]), gain = best - without;
            reasons.Add(string.Create(CultureInfo.InvariantCulture, $"'{name}' {gain:F1}"));
            if (gain > least)
                continue;
            varying.Remove(name);
            best = without;
        }

        run.Decide(string.Create(CultureInfo.InvariantCulture, $"Slopes that vary: {(varying.Count == 0 ? "none" : NameList.Of(varying))}. Log likelihood that the variance of a slope adds: {string.Join(", ", reasons)}; a slope varies if it is more than {least:F1}."));
        return candidate with { Adapter = options with { ChosenFeatures = null, VaryingFeatures = varying } };

        double LogLikelihood(IReadOnlyList<string> slopes) => samples.Sum(sample => sample.LogLikelihood(
            [.. Enumerable.Range(0, names.Count).Where(j => slopes.Contains(names[j])), .. options.VaryingIntercept ? [names.Count] : Array.Empty<int>()], options.Noise, limits));
    }

    private static Sample SampleOf(PreparedProblem problem, MetaTrainingOptions candidate, FeatureScaling? scaling)
    {
        MetaModelDesign design = new LearningProblem(problem, candidate).Design;
        var model = new MetaModel(design, scaling, problem.Labels, [], ParameterArray.Initialize(design.Adapter.Parameters, new Random(0))) { CovariateScaling = problem.Covariates };
        int width = design.Head.EmbeddingDimension + 1;
        return new Sample(width, design.Head.CovariateCount, [.. TaskSubset.Some(problem.Tasks.Tasks, MixedFit.MostTasks(width)).Select(task =>
        {
            EmbeddedTask rows = TaskSubset.Thin(model.EmbedStandardized(problem.Tasks.Features, task), MaximumRows);
            return MixedTask.Of(new TaskEvidence(rows, width, (label, k) => problem.Tasks.Kind switch { LabelKind.Binary => 2 * label - 1, LabelKind.Multiclass => label == k ? 1 : 0, _ => label }), rows.Covariates, design.Head.CovariateCount);
        })]);
    }

    private sealed record Sample(int Width, int Covariates, IReadOnlyList<MixedTask> Tasks)
    {
        public double LogLikelihood(int[] varying, PriorNoise noise, PriorLimits limits) =>
            new MixedFit(Tasks, new MixedDesign(Width, varying, Covariates), isExact: false, limits).FitDiagonal(noise).LogLikelihood;
    }
}
