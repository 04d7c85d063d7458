using System.Globalization;
using System.Text.RegularExpressions;
using MetaML.TestKit;
using Microsoft.ML;
using Xunit;

namespace MetaML.Extensions.Reporting.Tests;

public partial class HtmlTests
{
    [Fact]
    public void SaveHtml_Experiment_ContainsTheNumbersOfTheResult()
    {
        ExperimentResult result = SomeResults.Experiment();
        string html = Html(path => result.SaveHtml(path)), text = TextOf(html);
        Assert.Contains(result.Recommendation, text);
        foreach (RunDetail run in result.RunDetails.Where(run => run.Exception is null))
        {
            Assert.Contains(run.TrainerName, text);
            Assert.Contains(Number(run.Score!.Value), text);
            Assert.Contains(Number(result.Test![run.TrainerName].Overall![TaskMetric.Accuracy].Macro), text);
            foreach (FewShotPoint point in result.Test[run.TrainerName].Points)
                Assert.Contains(Number(point.Evaluation[TaskMetric.Accuracy].Macro), text);
        }

        foreach (TaskComparison task in result.Transfer!.Tasks)
        {
            Assert.Contains(task.Task, text);
            Assert.Contains(task.Strategy.ToString("F3", CultureInfo.InvariantCulture), text);
            Assert.Contains(task.Gain.ToString("+0.000;−0.000", CultureInfo.InvariantCulture), text);
        }

        foreach (CombinedStrategy combination in new[] { result.Ensemble!, result.Routed! })
        {
            Assert.Contains(combination.Name, text, StringComparison.OrdinalIgnoreCase);
            Assert.Contains($"{combination.Comparison.Wins} / {combination.Comparison.Ties} / {combination.Comparison.Losses}", text);
        }

        Assert.Contains("0.750", text); // the weight of a strategy
        Assert.Contains("validation clinic 7", text); // a task with another strategy
        Assert.Contains("0.123 ± 0.045", text); // the importance of a feature
        Assert.Contains("4 µs", text); // of a prediction
        Assert.Contains("29 KiB", text); // of a model
        Assert.Contains("Training must see two classes; got one.", text);
        Assert.Contains("94.6 s of 2 min 0 s", text);
        Assert.Contains($"<h1>Use ‘{result.BestRun.TrainerName}’</h1>", html);
        Assert.Contains("all strategies completed", text);
        Assert.Contains("2026-03-01 09:30", text);
        Assert.All(result.Description.Settings.Concat(result.Description.Versions), pair => Assert.Contains(pair.Value, text));
    }

    [Fact]
    public void SaveHtml_TwoTasks_GivesTheirMeanAndInterval()
    {
        // mean 0.85, s = 0.0707…, t₁ = 12.706: 12.706 · 0.0707 / √2 = 0.635
        string text = TextOf(Html(path => SomeResults.Of(("a", 10, 0.9), ("b", 30, 0.8)).SaveHtml(path)));
        Assert.Contains("Accuracy 0.850 ± 0.635 over 2 tasks; 0.800 over the worst tenth of them.", text);
        Assert.Contains("0.825", text); // (10 · 0.9 + 30 · 0.8) / 40
    }

    [Fact]
    public void SaveHtml_FewShot_NamesTheBestAndCompares()
    {
        FewShotEvaluation result = SomeResults.FewShot();
        string text = TextOf(Html(path => result.SaveHtml(path)));
        PairedComparison comparison = result.Compare("meta-learned, ridge", "from scratch, L-BFGS");
        Assert.Contains($"‘meta-learned, ridge’ is best: accuracy {Number(result["meta-learned, ridge"].Overall![TaskMetric.Accuracy].Macro)} over 10 tasks", text);
        Assert.Contains($"{comparison.Wins} / {comparison.Ties} / {comparison.Losses}", text);
        Assert.Contains("5, 10, 20, 50 rows of each task", text);
    }

    [Fact]
    public void SaveHtml_Decisions_NamesTheBestAndShowsEachCurve()
    {
        using var folder = new TemporaryFolder();
        SomeResults.Decisions(learner: "<learned>").SaveHtml(folder["report.html"]);
        string page = File.ReadAllText(folder["report.html"]);
        Assert.Contains("‘&lt;learned&gt;’ is best: profit lost in a decision ", page, StringComparison.Ordinal);
        Assert.Contains("better than ‘each customer alone’.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<learned>", page, StringComparison.Ordinal);
        foreach (string title in new[] { "Profit lost of each decision", "Profit lost up to each decision" })
            Assert.Contains(title, page, StringComparison.Ordinal);
        Assert.True(page.IndexOf(">one learner for all</th>", StringComparison.Ordinal) > page.IndexOf(">each customer alone</th>", StringComparison.Ordinal), "the table has the best first");
    }

    [Fact]
    public void SaveHtml_LowerIsBetter_RanksAndGainsAccordingly()
    {
        var result = new FewShotEvaluation
        {
            Kind = LabelKind.Regression,
            Metric = TaskMetric.RootMeanSquaredError,
            SupportSizes = [5],
            IsPerClass = false,
            Draws = 1,
            Seed = 0,
            Curves = [Curve("worse", StrategyKind.FromScratch, 1240.5, 980.25), Curve("better", StrategyKind.MetaLearned, 1100, 1010)],
        };
        string text = TextOf(Html(path => result.SaveHtml(path)));
        Assert.Contains("‘better’ is best: RMSE 1,055 ± 572 over 2 tasks, 55.38 better than ‘worse’, but the 95 % interval of this difference includes zero.", text);
        Assert.Contains("+140.5", text);
        Assert.Contains("−29.75", text);
        Assert.Contains("lower is better", text);

        static FewShotCurve Curve(string name, StrategyKind kind, params double[] errors)
        {
            var evaluation = new TaskEvaluation(LabelKind.Regression, [
                .. errors.Select((error, i) => new TaskMetrics { Task = $"store {i}", RowCount = 10, Values = LabelKind.Regression.Metrics().ToDictionary(metric => metric, _ => error) }),
            ]);
            return new FewShotCurve { Strategy = name, Kind = kind, Points = [new FewShotPoint(5, evaluation)], Overall = evaluation };
        }
    }

    [Fact]
    public void SaveHtml_NegativeTransfer_IsReportedWithTheLosingTasks()
    {
        ExperimentResult result = SomeResults.Experiment(helps: false);
        string html = Html(path => result.SaveHtml(path)), losing = Section(html, "losing");
        Assert.Contains("Negative transfer", TextOf(html));
        Assert.True(result.LosingTasks.Count > 5);
        Assert.All(result.LosingTasks, task => Assert.Contains(task.Task, losing));
    }

    [Theory]
    [InlineData(12)]
    [InlineData(60)]
    public void SaveHtml_Model_ShowsEffectsAndChoices(int tasks)
    {
        var ml = new MLContext(seed: 1);
        var random = new Random(1);
        IDataView data = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 8 * tasks).Select(i => new ModelRow { Task = $"shop {i % tasks}", Price = random.NextSingle(), Label = i % tasks * random.NextSingle() }).ToArray());
        ITransformer model = ml.Transforms.Concatenate("Features", "Price").Append(ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions { TaskColumnName = "Task", MaximumNumberOfIterations = 0 })).Fit(data);
        ModelDescription description = ml.MetaLearning().Describe(model);
        string html = Html(path => description.SaveHtml(path)), text = TextOf(html);
        Assert.All(description.Outputs[0].Population!.Effects, effect => Assert.Contains(effect.Name, text));
        Assert.Contains($"(Intercept): difference of {tasks} tasks from the population, with 95 % intervals, the largest first", text);
        Assert.Contains("shop 7", text);
        Assert.All(description.Outputs[0].Training!.Candidates, candidate => Assert.Contains(candidate.Name, text));
        Assert.Single(description.Outputs[0].Training!.Candidates, candidate => candidate.IsChosen);
        Assert.Contains("Covariance of heads: ", text);
    }

    private sealed class ModelRow
    {
        public string Task { get; set; } = "";

        public float Price { get; set; }

        public float Label { get; set; }
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("</svg><img src=x onerror=alert(1)>")]
    [InlineData("a \"quoted\" & 'single' name")]
    [InlineData("]]> <!-- {{x}} ${y}")]
    [InlineData("two\nlines\tand a \0 zero")]
    [InlineData("half a pair \ud800")]
    [InlineData("北京 😀 Ελλάδα")]
    [InlineData(" ")]
    public void SaveHtml_AnyName_StaysText(string name)
    {
        ExperimentResult result = SomeResults.Experiment(tasks: 3, name: task => $"{name}{task}", relatedTasks: 0);
        result = result with
        {
            Recommendation = name,
            Relatedness = SomeResults.Related(3, task => $"{name}{task}"),
            Description = result.Description with { Settings = [new(name, name)] },
            RunDetails = [.. result.RunDetails, result.RunDetails[0] with { TrainerName = name, Options = name }],
        };
        string html = Html(path => result.SaveHtml(path));
        Assert.Equal(1, Count(html, "<script"));
        Assert.Equal(1, Count(html, "</script"));
        Assert.DoesNotContain("<img", html);
        Assert.Equal(Count(html, "<svg"), Count(html, "</svg>"));
        Assert.DoesNotContain("\0", html);
        Assert.Contains(Text.Display.Line($"{name}1"), TextOf(html));
        Assert.Contains(Text.Display.Line($"{name}1"), TextOf(Section(html, "relatedness"))); // in the plot
    }

    [Fact]
    public void SaveHtml_ThousandTasks_IsSmallAndShowsBothEnds()
    {
        ExperimentResult result = SomeResults.Experiment(tasks: 1000, relatedTasks: 300, weightedTasks: 1000);
        string html = Html(path => result.SaveHtml(path)), tasks = Section(html, "tasks");
        Assert.InRange(html.Length, 50_000, 500_000);
        TaskComparison[] bestFirst = [.. result.Transfer!.Tasks.OrderByDescending(task => task.Gain)];
        Assert.Contains($">{bestFirst[0].Task}<", tasks);
        Assert.Contains($">{bestFirst[^1].Task}<", tasks);
        Assert.DoesNotContain($">{bestFirst[500].Task}<", tasks);
        Assert.Contains("976 tasks between", tasks);
        Assert.Contains("of 1,000 rows.", tasks);
        Assert.InRange(Count(Section(html, "relatedness"), "<text"), 1, 80);
    }

    [Fact]
    public void SaveHtml_SectionsWithoutData_AreLeftOut()
    {
        ExperimentResult full = SomeResults.Experiment();
        Assert.All(s_optional, section => Assert.Contains($"<section id=\"{section}\"", Html(path => full.SaveHtml(path))));
        ExperimentResult bare = full with
        {
            Test = null,
            Transfer = null,
            Relatedness = null,
            Verdict = TransferVerdict.NotCompared,
            RunDetails = [full.BestRun with { LearningCurve = [] }],
            BestRun = full.BestRun with { LearningCurve = [] },
        };
        string html = Html(path => bare.SaveHtml(path));
        Assert.All(s_optional, section => Assert.DoesNotContain($"\"{section}", html));
        Assert.All(s_optional, section => Assert.DoesNotContain($"#{section}\"", html));
        Assert.DoesNotContain("class=\"verdict", html);
        Assert.Contains("<section id=\"comparison\"", html);
    }

    [Fact]
    public void SaveHtml_SeveralRounds_ShowsEachStrategyOnceAndEveryRun()
    {
        ExperimentResult result = SomeResults.Experiment();
        RunDetail early = result.BestRun with { Round = 1, MaximumNumberOfIterations = 89, ValidationCurve = result.Validation["joint, shared encoder"] };
        result = result with { RunDetails = [early, .. result.RunDetails] };
        string comparison = Section(Html(path => result.SaveHtml(path)), "comparison");
        Assert.Equal(2, Count(comparison, ">meta-learned, ridge</text>")); // in both widths of the plot
        Assert.Equal(2, Count(comparison, ">meta-learned, ridge</th>"));
        Assert.Contains("data-v=\"89\"", comparison);
        Assert.Equal(1, Count(comparison, Number(result.Test!["meta-learned, ridge"].Overall![TaskMetric.Accuracy].Macro)));
    }

    [Fact]
    public void SaveHtml_UniformWeights_AreNotPlotted()
    {
        ExperimentResult result = SomeResults.Experiment(weightedTasks: 1);
        Assert.DoesNotContain("Task weights", Html(path => result.SaveHtml(path)));
        Assert.Contains("Task weights", Html(path => SomeResults.Experiment().SaveHtml(path)));
    }

    [Fact]
    public void SaveHtml_NothingSucceeded_StillReports()
    {
        FewShotEvaluation result = SomeResults.FewShot();
        result = result with { Curves = [.. result.Curves.Select(curve => curve with { Points = [], Overall = null, Exception = new TimeoutException("too slow") })] };
        string html = Html(path => result.SaveHtml(path));
        Assert.Contains("All strategies failed.", html);
        Assert.Contains("too slow", Section(html, "failures"));
        Assert.DoesNotContain("<svg", html);
    }

    [Fact]
    public void SaveHtml_NeedsNoNetwork()
    {
        string html = Html(path => SomeResults.Experiment().SaveHtml(path));
        Assert.DoesNotContain("http://", html);
        Assert.DoesNotContain("https://", html);
        Assert.All(Reference().Matches(html), match => Assert.True(match.Groups[1].Value.StartsWith('#') || match.Groups[1].Value.StartsWith("data:", StringComparison.Ordinal), match.Value));
        Assert.DoesNotContain("@import", html);
        Assert.Contains("default-src 'none'", html);
    }

    [Fact]
    public void SaveHtml_IsAccessible()
    {
        string html = Html(path => SomeResults.Experiment().SaveHtml(path));
        Assert.Contains("<html lang=\"en\">", html);
        Assert.Equal(1, Count(html, "<h1"));
        Assert.Equal(Count(html, "<section"), Count(html, "<h2"));
        Assert.Equal(Count(html, "<svg"), Count(html, "role=\"img\" aria-label=\""));
        Assert.Equal(Count(html, "<table"), Count(html, "<caption><span>"));
        Assert.Equal(Count(html, "<tr>") + Count(html, "<tr class"), Count(html, "<th scope=\"row\"") + Count(html, "<thead>"));
        Assert.DoesNotContain("aria-label=\"\"", html);
    }

    [Fact]
    public void SaveHtml_SameResult_SameBytesInAnyCulture()
    {
        string expected = Html(path => SomeResults.Experiment().SaveHtml(path));
        Assert.Equal(expected, Foreign.Culture(() => Html(path => SomeResults.Experiment().SaveHtml(path))));
    }

    private static readonly string[] s_optional = ["relatedness", "learning", "tasks", "failures", "losing"];

    private static string Html(Action<string> save)
    {
        using var folder = new TemporaryFolder();
        save(folder["report.html"]);
        return File.ReadAllText(folder["report.html"]);
    }

    private static string TextOf(string html) => System.Net.WebUtility.HtmlDecode(Tag().Replace(html, ""));

    private static string Section(string html, string name)
    {
        int start = html.IndexOf($"<section id=\"{name}\"", StringComparison.Ordinal);
        Assert.True(start >= 0, $"There is no section {name}.");
        return html[start..html.IndexOf("</section>", start, StringComparison.Ordinal)];
    }

    private static int Count(string html, string part) => html.Split(part).Length - 1;

    private static string Number(MeanInterval interval) => string.Create(CultureInfo.InvariantCulture, $"{interval.Mean:F3} ± {interval.HalfWidth:F3}");

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("(?:src|href|url)\\s*(?:=\\s*[\"']?|\\()\\s*([^\"')\\s>]+)")]
    private static partial Regex Reference();
}
