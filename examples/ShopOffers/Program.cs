// Which of six offers suits a new customer? 150 earlier customers saw ten random offers each. 200 new customers come thirty times.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MetaML;
using Microsoft.ML;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
const int Earlier = 150, ShownBefore = 10, New = 200, Visits = 30;
var clock = Stopwatch.StartNew();
var ml = new MLContext(seed: 1);
Offer[] offers = [.. new[] { "voucher", "discount", "gift", "delivery", "return", "advice" }.Select(kind => new Offer { Kind = kind })];

// Learn from the earlier customers how profits of offers vary together. A customer is a task, and the profit is the label.
var random = new Random(1);
IDataView shown = ml.Data.LoadFromEnumerable(Enumerable.Range(0, Earlier).Select(number => new Customer(number)).SelectMany(customer => Enumerable.Range(0, ShownBefore).Select(_ =>
{
    int offer = random.Next(offers.Length);
    return new Visit { Customer = customer.Name, Kind = offers[offer].Kind, Profit = customer.Show(offer) };
})).ToArray());
var pipeline = ml.Transforms.Categorical.OneHotEncoding("Features", "Kind")
    .Append(ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions
    {
        LabelColumnName = "Profit",
        TaskColumnName = "Customer",
        Encoder = new IdentityEncoderOptions(),
        Adapter = new BayesianAdapterOptions(),
        KeepStatistics = true,
    }));
ITransformer model = pipeline.Fit(shown);

// The learners meet the same new customers. Each visit, a learner shows an offer and learns its profit.
var log = new List<BanditOutcome>();
DecisionCurve across = Play("learned across customers", StrategyKind.MetaLearned, new BanditOptions(), customer => customer, log);
DecisionCurve bounds = Play("the same, upper bounds", StrategyKind.MetaLearned, new BanditOptions { Method = BanditMethod.UpperConfidenceBound }, customer => customer);
DecisionCurve shared = Play("one learner for all", StrategyKind.Pooled, new BanditOptions(), _ => "everyone"); // all customers are one task
var separate = new Separate(offers.Length);
DecisionCurve alone = Regrets("each customer alone", StrategyKind.FromScratch, (customer, show) =>
{
    int offer = separate.Choose(customer);
    separate.Learn(customer, offer, show(offer));
});

var comparison = new DecisionComparison("profit lost", isHigherBetter: false, [across, bounds, shared, alone]);
Console.WriteLine("profit lost in a visit, against the best offer for the customer");
Console.WriteLine($"{"visits",-28}{string.Concat(Spans().Select(span => $"{span.Name,10}"))}{"all",16}");
foreach (DecisionCurve curve in comparison.Curves)
    Console.WriteLine($"{curve.Learner,-28}{string.Concat(Spans().Select(span => $"{Mean(curve, span.Visits),10:F3}"))}{curve.Overall,16}");
const string Report = "shop-offers-report.html";
comparison.SaveHtml(Report);
Console.WriteLine($"The report is {Path.GetFullPath(Report)}: open it in a browser.");

// What would a learner have earned that always shows the best offer on average, for a new customer? The log of the bandit answers without showing it.
Bandit<Offer> greedy = ml.MetaLearning().Bandit<Offer>(model, new BanditOptions { Method = BanditMethod.UpperConfidenceBound, UpperBoundDeviations = 0 });
PolicyValue value = ml.MetaLearning().EvaluatePolicy(log, greedy.Probabilities);
int best = greedy.Choose("somebody", offers).Chosen;
double truth = NewCustomers().Average(customer => customer.Profits[best]);
Console.WriteLine();
Console.WriteLine($"mean profit of a visit, logged: {value.Logged}");
Console.WriteLine($"always '{offers[best].Kind}', from the log: {value.InversePropensity} by inverse propensity, {value.DoublyRobust} doubly robust; in truth {truth:F3}");
Console.WriteLine($"share of decisions in which it could not have been logged: {value.UnsupportedShare:P0}");
Console.WriteLine("RESULT " + JsonSerializer.Serialize(new
{
    example = "ShopOffers",
    regret = Math.Round(across.Overall.Mean, 4),
    upper_bound_regret = Math.Round(bounds.Overall.Mean, 4),
    shared_regret = Math.Round(shared.Overall.Mean, 4),
    separate_regret = Math.Round(alone.Overall.Mean, 4),
    first_visits_regret = Math.Round(Mean(across, ..5), 4),
    separate_first_visits_regret = Math.Round(Mean(alone, ..5), 4),
    doubly_robust = Math.Round(value.DoublyRobust.Mean, 4),
    truth = Math.Round(truth, 4),
    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
}));

// A bandit with the learned prior.
DecisionCurve Play(string name, StrategyKind kind, BanditOptions options, Func<string, string> taskOf, List<BanditOutcome>? log = null)
{
    Bandit<Offer> bandit = ml.MetaLearning().Bandit<Offer>(model, options);
    return Regrets(name, kind, (customer, show) =>
    {
        BanditEntry entry = bandit.Choose(taskOf(customer), offers);
        float profit = show(entry.Chosen);
        bandit.Learn(entry, profit);
        log?.Add(new BanditOutcome(entry, profit));
    });
}

// The profit that is lost in each visit of each new customer.
static DecisionCurve Regrets(string name, StrategyKind kind, Action<string, Func<int, float>> visit) => new(name, kind, NewCustomers().Select(customer =>
{
    var lost = new double[Visits];
    for (int i = 0; i < Visits; i++)
    {
        visit(customer.Name, offer =>
        {
            lost[i] = customer.Profits.Max() - customer.Profits[offer];
            return customer.Show(offer);
        });
    }

    return KeyValuePair.Create<string, IReadOnlyList<double>>(customer.Name, lost);
}));

static double Mean(DecisionCurve curve, Range visits) => curve.Means.ToArray()[visits].Average(visit => visit.Mean);

static IEnumerable<Customer> NewCustomers() => Enumerable.Range(Earlier, New).Select(number => new Customer(number));

static (string Name, Range Visits)[] Spans() => [("1", ..1), ("2-5", 1..5), ("6-10", 5..10), ("11-20", 10..20), ("21-30", 20..30)];
