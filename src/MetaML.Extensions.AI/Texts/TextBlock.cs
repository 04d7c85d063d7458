using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.AI.Texts;

/// <summary>The embeddings of the current row of a cursor and of the rows after it. If a text is not among them, the next rows are read ahead and embedded together. Belongs to one cursor.</summary>
internal sealed class TextBlock : IDisposable
{
    private readonly DataViewRow _row;
    private readonly TextEmbedder _embedder;
    private readonly IDataView? _rows;
    private readonly string _column;
    private readonly ValueGetter<ReadOnlyMemory<char>> _getText;
    private DataViewRowCursor? _ahead;
    private ValueGetter<ReadOnlyMemory<char>>? _getTextAhead;
    private Dictionary<string, float[]> _embeddings = [];
    private ReadOnlyMemory<char> _text;

    /// <param name="row">The cursor.</param>
    /// <param name="embedder">Embeds the texts.</param>
    /// <param name="column">The text column.</param>
    /// <param name="rows">The rows of the cursor, in its order, to be read ahead; null if they cannot be.</param>
    public TextBlock(DataViewRow row, TextEmbedder embedder, string column, IDataView? rows)
    {
        _row = row;
        _embedder = embedder;
        _column = column;
        _rows = rows;
        _getText = row.GetGetter<ReadOnlyMemory<char>>(row.Schema[column]);
    }

    /// <summary>A getter of the embedding of the current row.</summary>
    /// <param name="dimension">Number of values.</param>
    public ValueGetter<VBuffer<float>> Getter(int dimension) => (ref VBuffer<float> value) =>
    {
        VBufferEditor<float> editor = VBufferEditor.Create(ref value, dimension);
        if (Current() is not { } embedding)
            editor.Values.Clear();
        else if (embedding.Length == dimension)
            embedding.CopyTo(editor.Values);
        else
            throw new InvalidOperationException($"The embedding generator must return embeddings of {dimension} values, as when the step was fitted; got {embedding.Length} in row {_row.Position} of column '{_column}'. Later steps cannot read them. Use the generator and the model that the step was fitted with.");
        value = editor.Commit();
    };

    public void Dispose() => _ahead?.Dispose();

    // Null for an empty text.
    private float[]? Current()
    {
        _getText(ref _text);
        string text = _embedder.Limit(_text);
        if (text.Length == 0)
            return null;
        if (!_embeddings.TryGetValue(text, out float[]? embedding))
        {
            _embeddings = _embedder.Embed(_rows is null ? [(text, _row.Position)] : ReadAhead(_rows, text), _column);
            embedding = _embeddings[text];
        }

        return embedding;
    }

    // The text of the current row and those of the rows after it.
    private List<(string Text, long Row)> ReadAhead(IDataView rows, string current)
    {
        if (_ahead is null)
        {
            DataViewSchema.Column column = rows.Schema[_column];
            _ahead = rows.GetRowCursor(column);
            _getTextAhead = _ahead.GetGetter<ReadOnlyMemory<char>>(column);
        }

        List<(string Text, long Row)> texts = [(current, _row.Position)];
        ReadOnlyMemory<char> text = default;
        while (_ahead.Position < _row.Position && _ahead.MoveNext())
        {
        }

        while (texts.Count < _embedder.BlockSize && _ahead.MoveNext())
        {
            _getTextAhead!(ref text);
            if (_embedder.Limit(text) is { Length: > 0 } limited)
                texts.Add((limited, _ahead.Position));
        }

        return texts;
    }
}
