using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;
using Xunit.Abstractions;

namespace MetaML.Core.Tests.Adapters.Bayesian.Mixed;

/// <summary>Agreement with lme4 1.1-31, with shrinkage off: maximum likelihood (REML = FALSE), and for classes and counts Laplace's approximation of it (glmer, nAGQ = 1).</summary>
public sealed class Lme4ParityTests(ITestOutputHelper output)
{
    // lme4's formula as a model: the label, the task, the features with fixed and varying slopes, and the covariates of tasks.
    public sealed record Formula(string Data, string Label, string Task, string[] Features, string[]? Varying, string[] Covariates)
    {
        public LabelKind Kind { get; init; } = LabelKind.Regression;

        public ValueLikelihood Likelihood { get; init; }

        public override string ToString() => Data;
    }

    // The largest differences, as shares of the standard error, the standard error, the deviation, and the spread of the effects.
    private sealed record Tolerances(double LogLikelihood, double Effect, double Error, double Deviation, double Task);

    public static TheoryData<Formula> Formulas => new(
        new Formula("sleepstudy", "Reaction", "Subject", ["Days"], null, []),
        new Formula("exam", "normexam", "school", ["standLRT"], null, []),
        new Formula("exam_covariate", "normexam", "school", ["standLRT"], null, ["schavg"]),
        new Formula("hsb82", "mAch", "school", ["cses"], null, ["meanses", "sectorCatholic"]));

    public static TheoryData<Formula> GeneralizedFormulas => new(
        new Formula("contraception", "use", "district", ["age", "I(age^2)", "urban"], ["urban"], []) { Kind = LabelKind.Binary },
        new Formula("grouseticks", "TICKS", "BROOD", ["factor(YEAR)96", "factor(YEAR)97", "cHEIGHT"], [], []) { Likelihood = ValueLikelihood.Poisson });

    [MixedDataTheory]
    [MemberData(nameof(Formulas))]
    public void Train_WithoutShrinkage_AgreesWithLme4(Formula formula) => Compare(formula, new Tolerances(1e-3, 1e-3, 1e-3, 0.005, 1e-3));

    [MixedDataTheory]
    [MemberData(nameof(GeneralizedFormulas))]
    public void Train_ClassesOrCountsWithoutShrinkage_AgreesWithLme4(Formula formula) => Compare(formula, new Tolerances(1e-3, 0.01, 0.01, 0.01, 0.01));

    private void Compare(Formula formula, Tolerances tolerances)
    {
        TaskSet tasks = Tasks(formula);
        MetaModel model = Train(tasks, formula);
        Population population = Population.Of(model)!;
        IReadOnlyDictionary<string, double> reference = MixedData.Reference(formula.Data);

        double ofEffects = 0, ofErrors = 0, ofDeviations = 0, ofTasks = 0; // the largest differences, as shares
        for (int j = 0; j < population.Names.Count; j++)
        {
            for (int covariate = -1; covariate < formula.Covariates.Length; covariate++)
            {
                string name = (population.Names[j], covariate) switch
                {
                    (var feature, -1) => feature,
                    ("(Intercept)", _) => formula.Covariates[covariate],
                    (var feature, _) => $"{feature}:{formula.Covariates[covariate]}",
                };
                double error = reference["se:" + name];
                ofEffects = Math.Max(ofEffects, Math.Abs(reference["fixed:" + name] - population.Coefficients[covariate + 1][j]) / error);
                ofErrors = Math.Max(ofErrors, Math.Abs(error - population.StandardError(covariate, j)) / error);
            }
        }

        int width = population.Names.Count;
        double Deviation(int j) => Math.Sqrt(population.Covariance[j * width + j]);
        if (double.IsFinite(population.ResidualVariance))
            ofDeviations = Math.Abs(Math.Sqrt(population.ResidualVariance) / reference["sd:Residual:residual"] - 1);
        foreach (int i in population.Varying)
        {
            ofDeviations = Math.Max(ofDeviations, Math.Abs(Deviation(i) / reference[$"sd:{formula.Task}:{population.Names[i]}"] - 1));
            foreach (int j in population.Varying.Where(j => j != i))
            {
                if (reference.TryGetValue($"cor:{formula.Task}:{population.Names[i]}:{population.Names[j]}", out double correlation))
                    ofDeviations = Math.Max(ofDeviations, Math.Abs(population.Covariance[i * width + j] / (Deviation(i) * Deviation(j)) - correlation));
            }
        }

        IReadOnlyDictionary<string, string[]> effects = MixedData.Table($"{formula.Data}.ranef.{formula.Task}");
        var adapted = tasks.Tasks.Zip(model.Adapt(tasks)).ToDictionary(pair => pair.First.Name, pair => population.Task(pair.Second));
        foreach (int j in population.Varying)
        {
            double[] expected = effects.Numbers(population.Names[j]);
            double spread = Math.Sqrt(expected.Average(value => value * value));
            for (int g = 0; g < expected.Length; g++)
            {
                var (head, mean, deviations) = adapted[effects["group"][g]];
                ofTasks = Math.Max(ofTasks, Math.Abs(expected[g] - head[j] + mean[j]) / spread);
                Assert.InRange(deviations[j], 1e-3 * spread, 2 * Deviation(j));
            }
        }

        output.WriteLine(FormattableString.Invariant($"{formula.Data}: log likelihood {population.LogLikelihood:F3} ({population.LogLikelihood - reference["logLik"]:E1}), effects {ofEffects:E1} standard errors, standard errors {ofErrors:E1}, standard deviations {ofDeviations:E1}, effects of tasks {ofTasks:E1} of their spread"));
        Assert.Equal(reference["logLik"], population.LogLikelihood!.Value, tolerances.LogLikelihood);
        Assert.InRange(ofEffects, 0, tolerances.Effect);
        Assert.InRange(ofErrors, 0, tolerances.Error);
        Assert.InRange(ofDeviations, 0, tolerances.Deviation);
        Assert.InRange(ofTasks, 0, tolerances.Task);
    }

    private static MetaModel Train(TaskSet tasks, Formula formula) => MetaTrainer.Train(tasks, new MetaTrainingOptions
    {
        Encoder = new IdentityEncoderOptions(),
        Adapter = new BayesianAdapterOptions { Shrinkage = false, VaryingFeatures = formula.Varying, ClassLikelihood = ClassLikelihood.Logistic, ValueLikelihood = formula.Likelihood },
    });

    private static TaskSet Tasks(Formula formula)
    {
        IReadOnlyDictionary<string, string[]> table = MixedData.Table(formula.Data);
        double[] Indicator(string column, string value) => Array.ConvertAll(table[column], text => text == value ? 1.0 : 0);
        double[] Column(string name) => name switch
        {
            "sectorCatholic" => Indicator("sector", "Catholic"),
            "factor(YEAR)96" => Indicator("YEAR", "96"),
            "factor(YEAR)97" => Indicator("YEAR", "97"),
            "I(age^2)" => Array.ConvertAll(table.Numbers("age"), age => age * age),
            _ => table.Numbers(name),
        };
        double[][] features = Array.ConvertAll(formula.Features, Column), covariates = Array.ConvertAll(formula.Covariates, Column);
        double[] labels = Column(formula.Label);
        FeatureStore store = FeatureStore.Dense(features.Length);
        store.FeatureNames = formula.Features;
        var builder = new TaskSetBuilder(formula.Kind, store) { CovariateNames = formula.Covariates };
        for (int row = 0; row < labels.Length; row++)
        {
            string task = table[formula.Task][row];
            builder.Add(task, store.Add(new FeatureRow(Array.ConvertAll(features, values => (float)values[row]))), (float)labels[row]);
            builder.SetCovariates(task, Array.ConvertAll(covariates, values => (float)values[row]));
        }

        return builder.Build();
    }
}
