using MetaML.Tool.Commands.Settings;
using MetaML.Tool.Learning;
using MetaML.Tool.Output;
using Microsoft.ML;

namespace MetaML.Tool.Commands;

/// <summary>Writes a model as ONNX, for other languages.</summary>
internal sealed class ExportCommand : ToolCommand<ExportSettings>
{
    protected override void Run(Screen screen, ExportSettings settings, CancellationToken cancellationToken)
    {
        var ml = new MLContext(seed: 1);
        ModelFile model = ModelFile.Load(ml, settings.Model);
        string[] inputs = OnnxExport.Write(ml, model, settings.Onnx!);
        screen.Line(NumberText.Text($"The model is {settings.Onnx}. Its {inputs.Length:N0} inputs are the columns of a table: {Columns.NameOrder.List(inputs)}."));
        screen.Json(new { settings.Onnx, Inputs = inputs });
    }
}
