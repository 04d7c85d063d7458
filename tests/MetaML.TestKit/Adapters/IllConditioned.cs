using MetaML.Data;
using MetaML.Episodes;
using MetaML.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace MetaML.TestKit;

/// <summary>The error of single precision against double precision on ill-conditioned support.</summary>
internal static class IllConditioned
{
    private const int Tasks = 3, Rows = 16, Support = 8;

    /// <summary>The change of the rows.</summary>
    public static readonly string[] Forms = ["random", "duplicate rows", "collinear features", "constant features", "fewer rows than features"];

    /// <summary>The factor of the features.</summary>
    public static readonly float[] Scales = [1e-6f, 1e-3f, 1, 1e3f, 1e6f];

    /// <summary>The error bound in docs/Security.md.</summary>
    public static double StatedError(AdapterCase adapter) => adapter.Options is GradientAdapterOptions ? 1e-3 : 1e-4;

    /// <summary>The largest difference of a query score, relative to the largest score or 1, whichever is larger; infinite if a score is not finite.</summary>
    public static double Error(AdapterCase adapter, string form, float scale)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        TaskSet set = CoreData.Of(Data(adapter, form, scale), adapter.Kind, adapter.ClassSets);
        int support = form == "fewer rows than features" ? 3 : Support;
        Episode[] episodes = [.. set.Tasks.Select(task => new Episode(task, [.. Enumerable.Range(0, support)], [.. Enumerable.Range(Support, Rows - Support)], task.Classes))];
        double[] exact = Scores(adapter, set, episodes, ScalarType.Float64), single = Scores(adapter, set, episodes, ScalarType.Float32);
        double size = Math.Max(1, exact.Max(Math.Abs));
        double error = exact.Zip(single, (x, y) => Math.Abs(x - y)).Max() / size;
        return double.IsFinite(error) ? error : double.PositiveInfinity;
    }

    private static double[] Scores(AdapterCase adapter, TaskSet set, Episode[] episodes, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var grad = enable_grad();
        MetaModelDesign design = adapter.Design;
        var (encoder, learned) = AdapterCase.Values(design);
        EpisodeBatch batch = EpisodeBatch.Create(set, episodes, dtype: dtype);
        Tensor scores = AdapterCase.Adapt(design, batch, encoder, learned, dtype: dtype).Score(design.Encoder, batch.Query.Features);
        return [.. scores.detach().to(ScalarType.Float64).contiguous().data<double>()];
    }

    private static List<TaskRow> Data(AdapterCase adapter, string form, float scale)
    {
        List<TaskRow> rows = adapter.ClassSets == ClassSets.Common ? Some.Tasks(Tasks, Rows, ragged: false) : Some.TasksWithOwnClasses(Tasks, Rows + 4); // which are ragged
        for (int i = 0; i < rows.Count; i++)
        {
            float[] x = rows[i].Features;
            if (form == "duplicate rows" && i % 2 == 1)
                rows[i - 1].Features.CopyTo(x, 0);
            if (form == "collinear features")
                (x[1], x[2], x[3]) = (x[0], -2 * x[0], x[0] + x[4]);
            if (form == "constant features")
                (x[0], x[1], x[2]) = (1, 1, -1);
        }

        rows.ForEach(row => row.Features = Array.ConvertAll(row.Features, value => scale * value));
        return rows;
    }
}
