// How likely is the readmission of a patient within thirty days? Sixty clinics have fifty patients each. A new clinic has twenty.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MetaML;
using Microsoft.ML;
using Microsoft.ML.Data;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);
IDataView clinics = ml.Data.LoadFromEnumerable(Clinics(first: 0, count: 60, patients: 50));
IDataView newClinics = ml.Data.LoadFromEnumerable(Clinics(first: 60, count: 30, patients: 320));

// Two kinds of logistic regression on the same features: ML.NET's, and one with a common head and a penalty that are learned across clinics.
var lbfgs = Features().Append(ml.BinaryClassification.Trainers.LbfgsLogisticRegression("Readmitted"));
var acrossClinics = Features().Append(ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
{
    LabelColumnName = "Readmitted",
    TaskColumnName = "Clinic",
    Encoder = new IdentityEncoderOptions(),
    Adapter = new LogisticAdapterOptions(),
    MaximumNumberOfIterations = 300,
}));
ITransformer model = acrossClinics.Fit(clinics);

// Learn each of the 30 new clinics from 20 of its patients and evaluate it on the other patients, for five draws of patients.
const string Meta = "meta-learned, logistic", Scratch = "from scratch, L-BFGS", Pooled = "pooled, L-BFGS";
FewShotEvaluation result = ml.MetaLearning().EvaluateFewShot(
    newClinics,
    [LearningStrategy.MetaLearned(Meta, model), LearningStrategy.FromScratch(Scratch, lbfgs), LearningStrategy.Pooled(Pooled, lbfgs, learnsSupport: false)],
    clinics,
    "Readmitted",
    "Clinic",
    new FewShotOptions { SupportSizes = [20], Draws = 5, Metric = TaskMetric.LogLoss });
Console.WriteLine($"{"30 new clinics, 20 patients of each",-42}  log-loss (bits)  AUC");
foreach (FewShotCurve curve in result.Curves)
    Console.WriteLine($"{curve.Strategy,-42}  {curve.Overall![TaskMetric.LogLoss].Macro,-15}  {curve.Overall[TaskMetric.AreaUnderRocCurve].Macro}");
foreach (PairedComparison comparison in new[] { result.Compare(Meta, Scratch), result.Compare(Meta, Pooled) })
    Console.WriteLine($"log-loss lower than '{comparison.Baseline}' by {comparison.Gain}; {comparison.Wins} clinics better, {comparison.Losses} worse");

// Calibration: are the observed rates equal to the predicted risks? The table has the patients of the new clinics outside the support, by predicted risk.
SupportQuerySplit split = ml.MetaLearning().SupportQuerySplit(newClinics, 20, labelColumnName: "Readmitted", taskColumnName: "Clinic");
ITransformer adapted = ml.MetaLearning().Adapt(model, split.Support);
Prediction[] predictions = [.. ml.Data.CreateEnumerable<Prediction>(adapted.Transform(split.Query), reuseRowObject: false)];
Console.WriteLine();
Console.WriteLine("risk        patients  predicted   observed");
double[] bounds = [0, 0.05, 0.1, 0.2, 0.3, 0.5, 1];
for (int i = 1; i < bounds.Length; i++)
{
    Prediction[] band = [.. predictions.Where(prediction => prediction.Probability >= bounds[i - 1] && prediction.Probability < bounds[i])];
    if (band.Length > 0)
        Console.WriteLine($"{bounds[i - 1],3:P0} … {bounds[i],-5:P0} {band.Length,8}  {band.Average(prediction => prediction.Probability),8:P1}  {band.Average(prediction => prediction.Readmitted ? 1 : 0),9:P1}");
}

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "PatientRisk",
    log_loss = Round(Mean(Meta)),
    scratch_log_loss = Round(Mean(Scratch)),
    pooled_log_loss = Round(Mean(Pooled)),
    predicted_share = Round(predictions.Average(prediction => prediction.Probability)),
    observed_share = Round(predictions.Average(prediction => prediction.Readmitted ? 1 : 0)),
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

IEstimator<ITransformer> Features() => ml.Transforms.Concatenate("Features", "Age", "Creatinine", "Pressure", "DaysInHospital", "EarlierStays")
    .Append(ml.Transforms.NormalizeMeanVariance("Features"));

double Mean(string strategy) => result[strategy].Overall![TaskMetric.LogLoss].Macro.Mean;

static double Round(double value) => Math.Round(value, 4);

// Artificial patients. The same factors have effects in all clinics. The sizes of the effects and the rate of readmission differ between clinics.
static IEnumerable<Patient> Clinics(int first, int count, int patients)
{
    for (int clinic = first; clinic < first + count; clinic++)
    {
        var random = new Random(1000 + clinic);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double intercept = -2.4 + 0.6 * Normal();
        double[] effects = [0.5 + 0.3 * Normal(), 0.7 + 0.4 * Normal(), 0.2 * Normal(), 0.5 * Normal(), 0.8 + 0.3 * Normal()];
        for (int i = 0; i < patients; i++)
        {
            double[] x = [Normal(), Normal(), Normal(), Normal(), Normal()];
            double logOdds = intercept + effects.Zip(x, (effect, value) => effect * value).Sum();
            yield return new Patient
            {
                Clinic = $"clinic {clinic + 1}",
                Age = (float)(62 + 14 * x[0]),
                Creatinine = (float)(1.1 * Math.Exp(0.3 * x[1])),
                Pressure = (float)(135 + 18 * x[2]),
                DaysInHospital = (float)(6 * Math.Exp(0.5 * x[3])),
                EarlierStays = (float)Math.Max(0, Math.Round(1.2 + 1.2 * x[4])),
                Readmitted = random.NextDouble() < 1 / (1 + Math.Exp(-logOdds)),
            };
        }
    }
}

internal sealed class Patient
{
    public string Clinic { get; set; } = "";

    public float Age { get; set; }

    public float Creatinine { get; set; }

    public float Pressure { get; set; }

    public float DaysInHospital { get; set; }

    public float EarlierStays { get; set; }

    public bool Readmitted { get; set; }
}

internal sealed class Prediction
{
    public bool Readmitted { get; set; }

    public float Probability { get; set; }
}
