using MetaML.Data;
using MetaML.Models;
using MetaML.TestKit;
using MetaML.Training;
using Xunit;
using Xunit.Abstractions;

namespace MetaML.Core.Tests.Adapters.Bayesian.Mixed;

/// <summary>Agreement with lme4 1.1-31, maximum likelihood (REML = FALSE), with shrinkage off.</summary>
public sealed class Lme4ParityTests(ITestOutputHelper output)
{
    // lme4's formula as a model: the label, the task, the features with fixed and varying slopes, and the covariates of tasks.
    public sealed record Formula(string Data, string Label, string Task, string[] Features, string[]? Varying, string[] Covariates)
    {
        public override string ToString() => Data;
    }

    public static TheoryData<Formula> Formulas => new(
        new Formula("sleepstudy", "Reaction", "Subject", ["Days"], null, []),
        new Formula("exam", "normexam", "school", ["standLRT"], null, []),
        new Formula("exam_covariate", "normexam", "school", ["standLRT"], null, ["schavg"]),
        new Formula("hsb82", "mAch", "school", ["cses"], null, ["meanses", "sectorCatholic"]));

    [MixedDataTheory]
    [MemberData(nameof(Formulas))]
    public void Train_WithoutShrinkage_AgreesWithLme4(Formula formula)
    {
        TaskSet tasks = Tasks(formula);
        MetaModel model = Train(tasks, formula, new IdentityEncoderOptions());
        Population population = Population.Of(model)!;
        IReadOnlyDictionary<string, double> reference = MixedData.Reference(formula.Data);

        double ofEffects = 0, ofErrors = 0, ofDeviations = 0, ofTasks = 0; // the largest differences, as shares
        Assert.Equal(reference["logLik"], population.LogLikelihood!.Value, 1e-3);
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
                Assert.Equal(reference["fixed:" + name], population.Coefficients[covariate + 1][j], 1e-3 * error);
                Assert.Equal(error, population.StandardError(covariate, j), 1e-3 * error);
                ofEffects = Math.Max(ofEffects, Math.Abs(reference["fixed:" + name] - population.Coefficients[covariate + 1][j]) / error);
                ofErrors = Math.Max(ofErrors, Math.Abs(error - population.StandardError(covariate, j)) / error);
            }
        }

        int width = population.Names.Count;
        double Deviation(int j) => Math.Sqrt(population.Covariance[j * width + j]);
        Assert.Equal(reference["sd:Residual:residual"], Math.Sqrt(population.ResidualVariance), 0.005 * reference["sd:Residual:residual"]);
        foreach (int i in population.Varying)
        {
            double sd = reference[$"sd:{formula.Task}:{population.Names[i]}"];
            Assert.Equal(sd, Deviation(i), 0.005 * sd);
            ofDeviations = Math.Max(ofDeviations, Math.Abs(sd - Deviation(i)) / sd);
            foreach (int j in population.Varying.Where(j => j != i))
            {
                if (reference.TryGetValue($"cor:{formula.Task}:{population.Names[i]}:{population.Names[j]}", out double correlation))
                    Assert.Equal(correlation, population.Covariance[i * width + j] / (Deviation(i) * Deviation(j)), 0.005);
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
                Assert.Equal(expected[g], head[j] - mean[j], 1e-3 * spread);
                ofTasks = Math.Max(ofTasks, Math.Abs(expected[g] - head[j] + mean[j]) / spread);
                Assert.InRange(deviations[j], 1e-3 * spread, 2 * Deviation(j));
            }
        }

        output.WriteLine(FormattableString.Invariant($"{formula.Data}: log likelihood {population.LogLikelihood:F3} ({population.LogLikelihood - reference["logLik"]:E1}), effects {ofEffects:E1} standard errors, standard errors {ofErrors:E1}, standard deviations {ofDeviations:E1}, effects of tasks {ofTasks:E1} of their spread"));
    }

    private static MetaModel Train(TaskSet tasks, Formula formula, EncoderOptions encoder) => MetaTrainer.Train(tasks, new MetaTrainingOptions
    {
        Encoder = encoder,
        Adapter = new BayesianAdapterOptions { Shrinkage = false, VaryingFeatures = formula.Varying },
    });

    private static TaskSet Tasks(Formula formula)
    {
        IReadOnlyDictionary<string, string[]> table = MixedData.Table(formula.Data);
        double[] Column(string name) => name == "sectorCatholic" ? Array.ConvertAll(table["sector"], value => value == "Catholic" ? 1.0 : 0) : table.Numbers(name);
        double[][] features = Array.ConvertAll(formula.Features, Column), covariates = Array.ConvertAll(formula.Covariates, Column);
        double[] labels = Column(formula.Label);
        FeatureStore store = FeatureStore.Dense(features.Length);
        store.FeatureNames = formula.Features;
        var builder = new TaskSetBuilder(LabelKind.Regression, store) { CovariateNames = formula.Covariates };
        for (int row = 0; row < labels.Length; row++)
        {
            string task = table[formula.Task][row];
            builder.Add(task, store.Add(new FeatureRow(Array.ConvertAll(features, values => (float)values[row]))), (float)labels[row]);
            builder.SetCovariates(task, Array.ConvertAll(covariates, values => (float)values[row]));
        }

        return builder.Build();
    }
}
