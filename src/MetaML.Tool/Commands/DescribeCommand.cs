using MetaML.Tool.Columns;
using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Learning;
using MetaML.Tool.Output;
using MetaML.Tool.Reading;
using Microsoft.ML;

namespace MetaML.Tool.Commands;

/// <summary>Describes a file: the types of its columns, their missing values, their features, and the columns that may be the task.</summary>
internal sealed class DescribeCommand : ToolCommand<DescribeSettings>
{
    protected override void Run(Screen screen, DescribeSettings settings, CancellationToken cancellationToken)
    {
        if (ModelFile.IsModel(settings.File))
        {
            Describe(screen, settings.File);
            return;
        }

        TableDescription table = Describe(screen, TableFile.Open(settings.File), settings.Missing, cancellationToken);
        TableText.Show(screen, table);
        screen.Json(TableText.ToJson(table));
    }

    private static void Describe(Screen screen, string path)
    {
        var ml = new MLContext();
        ModelFile model = ModelFile.Load(ml, path);
        ModelDescription description = ml.MetaLearning().Describe(model.Transformer);
        TableText.Show(screen, model.Plan);
        screen.Line();
        screen.Line(description.ToString().TrimEnd());
        OutputDescription output = description.Outputs[0];
        screen.Json(new { Model = path, model.Plan, description.FeatureCount, output.Classes, output.UnknownTasks, output.Training?.Reasons, output.Tasks, Text = description.ToString() });
    }
}
