// Four things are measured on each sample of wine, but most samples lack most of them: learned together, and one by one.
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MetaML.Extensions;
using MetaML.Tasks;
using Microsoft.ML;
using Microsoft.ML.Data;

var ml = new MLContext(seed: 1);
var clock = Stopwatch.StartNew();
IDataView training = ml.Data.LoadFromEnumerable(Samples(400, seed: 1, share: 0.15f).ToArray()); // 15 % of the labels are known
IDataView test = ml.Data.LoadFromEnumerable(Samples(2000, seed: 2, share: 1).ToArray());

// One model for all four: any mix of kinds, missing labels and all.
var together = Keys().Append(ml.MetaLearning().MultiOutput(new MultiOutputOptions
{
    Outputs =
    [
        new("Alcohol"),                   // Single: regression
        new("Acidity"),
        new("Corked", LabelKind.Binary),  // Single of 0, 1 and NaN; a Boolean column cannot say that a label is missing
        new("Region"),                    // key: classes
    ],
}));
IDataView scored = together.Fit(training).Transform(test);

// One ML.NET model for each, on the rows that have its label.
IDataView Single(string label, IEstimator<ITransformer> trainer) => Keys().Append(trainer).Fit(Known(label)).Transform(test);
IDataView alcohol = Single("Alcohol", ml.Regression.Trainers.LbfgsPoissonRegression("Alcohol"));
IDataView acidity = Single("Acidity", ml.Regression.Trainers.LbfgsPoissonRegression("Acidity"));
