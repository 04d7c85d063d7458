using System.Reflection;
using MetaML.Tool.Learning;
using MetaML.Tool.Reading;
using MetaML.Tool.Tables;
using Microsoft.ML;
using Microsoft.ML.Trainers.FastTree;
using static MetaML.Tool.Columns.CSharpText;

namespace MetaML.Tool.Generation;

/// <summary>A C# project that learns from a file as 'metaml train' does, and predicts.</summary>
internal static class Project
{
    /// <summary>The files of the project, by name.</summary>
    /// <param name="file">The training file.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="name">The name of the project.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="usesTrees">Whether the score of trees is a feature.</param>
    /// <exception cref="ToolException">The columns of the file have no names of their own.</exception>
    public static IReadOnlyDictionary<string, string> Files(TableFile file, TablePlan plan, string name, int seed, bool usesTrees)
    {
        if (file.Notes.FirstOrDefault(note => !note.StartsWith("The text", StringComparison.Ordinal)) is { } renamed)
            throw new ToolException($"The columns of '{file.Path}' must have names of their own in its first line, since the project finds them by name. {renamed} Correct the first line.");
        var row = new RowCode(file, plan);
        return new Dictionary<string, string>
        {
            [$"{name}.csproj"] = ProjectFile(file.IsParquet, usesTrees),
            ["Row.cs"] = row.Text,
            ["Program.cs"] = Program(file, plan, row, seed, usesTrees),
        };
    }

    private static string Version(Assembly assembly) => assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static string Package(string name, Type type) => $"""<PackageReference Include="{name}" Version="{Version(type.Assembly)}" />""";

    private static string ProjectFile(bool isParquet, bool usesTrees) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="MetaML.Extensions" Version="{Version(typeof(MetaLearnerTrainer).Assembly)}" />
            {(isParquet ? Package("Parquet.Net", typeof(Parquet.ParquetReader)) : Package("Sep", typeof(nietras.SeparatedValues.Sep)))}{(usesTrees ? $"\n    {Package("Microsoft.ML.FastTree", typeof(FastTreeRegressionTrainer))}" : "")}
            <!-- Networks need the native library libtorch: add libtorch-cpu-linux-x64 or the package of your system. -->
          </ItemGroup>
        </Project>

        """;

    private static string Program(TableFile file, TablePlan plan, RowCode row, int seed, bool usesTrees) => $$"""
        // Learns {{plan.LabelColumn}} across the tasks of {{Path.GetFileName(file.Path)}}, as 'metaml train' does. Written by 'metaml code'.
        // dotnet run -- training.csv             learns, and saves model.zip
        // dotnet run -- training.csv rows.csv    also predicts the rows of another file
        using System.Globalization;
        using MetaML;
        using Microsoft.ML;
        using Microsoft.ML.Data;
        {{(usesTrees ? "using Microsoft.ML.Trainers.FastTree;\n" : "")}}using Microsoft.ML.Transforms;
        using Microsoft.ML.Transforms.Text;

        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        var ml = new MLContext(seed: {{seed}});
        IDataView training = ml.Data.LoadFromEnumerable(Row.Read(args.Length > 0 ? args[0] : {{Literal(Path.GetFullPath(file.Path))}}, needsLabels: true));

        var pipeline = {{Learner.Code(new MLContext(seed), plan, seed, usesTrees)}};
        ITransformer model = pipeline.Fit(training);
        ml.MetaLearning().SaveAtomic(model, training.Schema, "model.zip");
        Console.WriteLine(ml.MetaLearning().Describe(model));

        // To learn new tasks from a few labelled rows:
        // ITransformer adapted = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(Row.Read("new.csv", needsLabels: true)));

        if (args.Length > 1)
        {
            List<Row> rows = Row.Read(args[1], needsLabels: false);
            IDataView scored = model.Transform(ml.Data.LoadFromEnumerable(rows));
        {{Predictions(plan)}}
            foreach (var (row, prediction) in rows.Zip(predictions))
                Console.WriteLine($"{row.{{row.TaskProperty}}}: {prediction}");
        }

        """;

    private static string Predictions(TablePlan plan) => plan.LabelKind switch
    {
        LabelKind.Regression => """    IEnumerable<float> predictions = scored.GetColumn<float>("Score");""",
        LabelKind.Binary => """    IEnumerable<float> predictions = scored.GetColumn<float>("Probability");""",
        _ => """    IEnumerable<string> predictions = ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored).Transform(scored).GetColumn<string>("PredictedLabel");""",
    };
}
