// Which loans go bad? A lender knows the loans of forty states, and ten of each new state. Real loans of 2016.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CreditRisk;
using MetaML;
using Microsoft.ML;
using Microsoft.ML.Data;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Support = 10, Folds = 5;
var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);
IDataView loans = Load();

string[] amounts = ["funded_amnt", "annual_inc", "total_bal_il", "total_il_high_credit_limit"];
string[] numbers = ["int_rate", "delinq_2yrs", "inq_last_6mths", "revol_util", "acc_now_delinq", "open_il_6m", "open_il_12m", "open_il_24m", "all_util", "inq_fi", "inq_last_12m", "delinq_amnt", "num_il_tl"];
string[] categories = ["term", "sub_grade", "verification_status", "emp_length"];
IEstimator<ITransformer> Features() => ml.Transforms.NormalizeLogMeanVariance([.. amounts.Select(name => new InputOutputColumnPair(name + " log", name))])
    .Append(ml.Transforms.Categorical.OneHotEncoding([.. categories.Select(name => new InputOutputColumnPair(name))]))
    .Append(ml.Transforms.Concatenate("Features", [.. amounts.Select(name => name + " log"), .. numbers, .. categories]))
    .Append(ml.Transforms.NormalizeMeanVariance("Features"));

// The same logistic regression for all states together and for each state alone, and one whose prior is learned across states.
var logistic = Features().Append(ml.BinaryClassification.Trainers.LbfgsLogisticRegression(new() { LabelColumnName = "Bad", NumberOfThreads = 1 }));
var acrossStates = Features().Append(ml.BinaryClassification.Trainers.MetaLearner(new MetaLearnerOptions
{
    LabelColumnName = "Bad",
    TaskColumnName = "addr_state",
    Encoder = new IdentityEncoderOptions(),
    Adapter = new BayesianAdapterOptions { ClassLikelihood = ClassLikelihood.Logistic },
}));

// 1. Cross-validation over states: each state is new once. Each strategy learns ten of its loans and is evaluated on the others.
const string Meta = "meta-learned across states", Pooled = "one model for all states", Separate = "each state alone";
TaskCrossValidation validation = ml.MetaLearning().CrossValidateTasks(
    loans,
    [LearningStrategy.MetaLearned(Meta, acrossStates), LearningStrategy.Pooled(Pooled, logistic, learnsSupport: false), LearningStrategy.FromScratch(Separate, logistic)],
    Folds, "Bad", "addr_state", new FewShotOptions { SupportSizes = [Support], Draws = 2, Metric = TaskMetric.LogLoss, SkipsSmallTasks = true });
FewShotEvaluation result = validation.Overall;
Console.WriteLine($"{result.Curves[0].Overall!.Tasks.Count} states, {Support} loans of each   log-loss (bits)  AUC");
foreach (FewShotCurve curve in result.Curves)
    Console.WriteLine($"{curve.Strategy,-30}  {curve.Overall![TaskMetric.LogLoss].Macro,-15}  {curve.Overall[TaskMetric.AreaUnderRocCurve].Macro}");
foreach (string baseline in new[] { Pooled, Separate })
{
    PairedComparison comparison = result.Compare(Meta, baseline);
    Console.WriteLine($"log-loss of '{Meta}' lower than '{baseline}' by {comparison.Gain}; {comparison.Wins} states better, {comparison.Losses} worse");
}

const string Report = "credit-report.html";
result.SaveHtml(Report);

// 2. The probabilities of all loans outside the supports, each from models that were not trained on its state.
Dictionary<string, List<Loan>> scored = new() { [Meta] = [], [Pooled] = [], [Separate] = [] };
foreach (var fold in ml.Data.CrossValidationSplit(loans, Folds, "addr_state"))
{
    SupportQuerySplit split = ml.MetaLearning().SupportQuerySplit(fold.TestSet, Support, labelColumnName: "Bad", taskColumnName: "addr_state");
    scored[Meta].AddRange(Scored(ml.MetaLearning().Adapt(acrossStates.Fit(fold.TrainSet), split.Support), split.Query));
    scored[Pooled].AddRange(Scored(logistic.Fit(fold.TrainSet), split.Query));
    foreach (string state in split.Query.GetColumn<string>("addr_state").Distinct())
        scored[Separate].AddRange(Scored(logistic.Fit(Of(split.Support, state)), Of(split.Query, state)));
}

Console.WriteLine();
Console.WriteLine("risk          loans  predicted   observed, 95 %       (meta-learned across states)");
double[] bounds = [0, 0.02, 0.04, 0.06, 0.1, 0.15, 1];
for (int i = 1; i < bounds.Length; i++)
{
    Loan[] band = [.. scored[Meta].Where(loan => loan.Probability >= bounds[i - 1] && loan.Probability < bounds[i])];
    if (band.Length == 0)
        continue;
    (double low, double high) = Interval(band.Count(loan => loan.Bad), band.Length);
    Console.WriteLine($"{bounds[i - 1],3:P0} … {bounds[i],-5:P0} {band.Length,7}  {band.Average(loan => loan.Probability),8:P1}  {band.Average(loan => loan.Bad ? 1.0 : 0.0),9:P1} ({low:P1} … {high:P1})");
}

Console.WriteLine();
Console.WriteLine("decisions                       granted   bad of them   result per application");
Console.WriteLine($"{"all loans are granted",-30}  {1,7:P1}  {scored[Meta].Average(loan => loan.Bad ? 1.0 : 0.0),12:P1}  {scored[Meta].Average(loan => loan.Bad ? -loan.Loss : loan.Gain),12:N0} dollars");
foreach (var (strategy, rows) in scored)
    Console.WriteLine($"{strategy,-30}  {rows.Average(loan => loan.IsGranted ? 1.0 : 0.0),7:P1}  {rows.Where(loan => loan.IsGranted).Average(loan => loan.Bad ? 1.0 : 0.0),12:P1}  {rows.Average(loan => loan.Result),12:N0} dollars");
Console.WriteLine($"The report is {Report}: open it in a browser.");

Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "CreditRisk",
    log_loss = Mean(Meta),
    pooled_log_loss = Mean(Pooled),
    separate_log_loss = Mean(Separate),
    predicted_share = Math.Round(scored[Meta].Average(loan => loan.Probability), 4),
    observed_share = Math.Round(scored[Meta].Average(loan => loan.Bad ? 1.0 : 0.0), 4),
    result = Math.Round(scored[Meta].Average(loan => loan.Result), 1),
    pooled_result = Math.Round(scored[Pooled].Average(loan => loan.Result), 1),
    separate_result = Math.Round(scored[Separate].Average(loan => loan.Result), 1),
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

double Mean(string strategy) => Math.Round(result[strategy].Overall![TaskMetric.LogLoss].Macro.Mean, 4);

IEnumerable<Loan> Scored(ITransformer model, IDataView rows) => ml.Data.CreateEnumerable<Loan>(model.Transform(rows), reuseRowObject: false);

IDataView Of(IDataView rows, string state) => ml.Data.FilterByCustomPredicate<Place>(rows, loan => loan.State != state); // true leaves a row out

// The columns of the file have their names in its first line. The label is true for a loan that went bad.
IDataView Load()
{
    string path = Path.Combine(AppContext.BaseDirectory, "loans.csv");
    HashSet<string> texts = ["term", "sub_grade", "addr_state", "verification_status", "emp_length", "Class"];
    TextLoader.Column[] columns = [.. File.ReadLines(path).First().Split(',').Select((name, i) => new TextLoader.Column(name, texts.Contains(name) ? DataKind.String : DataKind.Single, i))];
    IDataView rows = ml.Data.LoadFromTextFile(path, columns, separatorChar: ',', hasHeader: true);
    return ml.Transforms.Conversion.MapValue("Bad", [new KeyValuePair<string, bool>("bad", true), new("good", false)], "Class").Fit(rows).Transform(rows);
}

// Wilson's interval of a share.
static (double Low, double High) Interval(int count, int total)
{
    const double Z = 1.96;
    double share = (double)count / total, centre = share + Z * Z / (2 * total), width = Z * Math.Sqrt((share * (1 - share) + Z * Z / (4.0 * total)) / total), scale = 1 + Z * Z / total;
    return ((centre - width) / scale, (centre + width) / scale);
}
