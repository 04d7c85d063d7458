using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Transformers.RowScoring;

/// <summary>The embeddings of rows as an output column. A row with a feature that is not finite has an embedding of NaN. Belongs to one cursor.</summary>
/// <param name="rows">The rows.</param>
/// <param name="dimension">Length of an embedding.</param>
internal sealed class TaskRowEmbedding(TaskRowReader rows, int dimension) : TaskRowOutput
{
    public override Delegate Getter(string column) => (ValueGetter<VBuffer<float>>)Get;

    public override void Compute() => rows.EmbedAll();

    private void Get(ref VBuffer<float> value)
    {
        int row = rows.Current;
        var editor = VBufferEditor.Create(ref value, dimension);
        if (rows.IsFinite(row))
            rows.Embedding(row).CopyTo(editor.Values);
        else
            editor.Values.Fill(float.NaN);
        value = editor.Commit();
    }
}
