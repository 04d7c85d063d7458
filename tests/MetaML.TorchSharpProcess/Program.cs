// pack-first       trains a network of this pack, then creates the estimators of Microsoft.ML.TorchSharp and loads a saved model with each loader
// package-first    the same in the other order
// Prints the names of the estimators, whether a plain and a checked load give the same scores, and the scores.
using System.Globalization;
using System.Runtime.CompilerServices;
using MetaML;
using MetaML.TestKit;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.TorchSharp;

Action[] parts = [UsePack, UsePackage];
foreach (Action part in args[0] == "pack-first" ? parts : parts.Reverse())
    part();

// Methods of their own, since compiling a method may load what it names.
[MethodImpl(MethodImplOptions.NoInlining)]
static void UsePack()
{
    var ml = new MLContext(seed: 1);
    IDataView rows = ml.Data.LoadFromEnumerable(Some.Tasks());
    ITransformer model = ml.Regression.Trainers.MetaLearner(new MetaLearnerOptions
    {
        LabelColumnName = "Value",
        Encoder = new MlpEncoderOptions { HiddenUnits = [16], EmbeddingDimension = 6 },
        Adapter = new RidgeAdapterOptions(),
        MaximumNumberOfIterations = 20,
    }).Fit(rows);
    float[] Scores(ITransformer scorer) => [.. scorer.Transform(rows).GetColumn<float>("Score")];
    using var folder = new TemporaryFolder();
    ml.Model.Save(model, rows.Schema, folder["model.zip"]);
    bool areEqual = Scores(ml.Model.Load(folder["model.zip"], out _)).SequenceEqual(Scores(model)) && Scores(ml.MetaLearning().LoadChecked(folder["model.zip"], out _)).SequenceEqual(Scores(model));
    Console.WriteLine($"pack: {areEqual}, {string.Join(' ', Scores(model).Take(5).Select(score => score.ToString("R", CultureInfo.InvariantCulture)))}");
}

[MethodImpl(MethodImplOptions.NoInlining)]
static void UsePackage()
{
    var ml = new MLContext(seed: 1);
    object[] estimators =
    [
        ml.MulticlassClassification.Trainers.TextClassification(),
        ml.MulticlassClassification.Trainers.NamedEntityRecognition(),
        ml.MulticlassClassification.Trainers.QuestionAnswer(),
        ml.MulticlassClassification.Trainers.ObjectDetection(),
        ml.Regression.Trainers.SentenceSimilarity(),
    ];
    Console.WriteLine($"package: {string.Join(' ', estimators.Select(estimator => estimator.GetType().Name))}");
}
