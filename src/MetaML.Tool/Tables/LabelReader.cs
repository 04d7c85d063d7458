using MetaML.Tool.Columns;
using MetaML.Tool.Reading;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Tool.Tables;

/// <summary>Reads the labels: numbers, two values as Boolean, or classes as text.</summary>
internal sealed class LabelReader
{
    private readonly TablePlan _plan;
    private readonly CellFormat _format;
    private readonly ValueColumn<float>? _numbers;
    private readonly ValueColumn<bool>? _positives;
    private readonly ValueColumn<ReadOnlyMemory<char>>? _classes;
    private readonly HashSet<string> _values = new(StringComparer.Ordinal);

    public LabelReader(TablePlan plan)
    {
        _plan = plan;
        _format = new CellFormat(plan.LabelHasDecimalComma, plan.Missing);
        var builder = new DataViewSchema.Annotations.Builder();
        builder.Add(TablePlan.Annotation, TextDataViewType.Instance, (ref ReadOnlyMemory<char> value) => value = plan.ToJson().AsMemory());
        DataViewSchema.Annotations annotations = builder.ToAnnotations();
        if (plan.LabelKind == LabelKind.Regression)
            _numbers = new(plan.LabelColumn, NumberDataViewType.Single) { Annotations = annotations };
        else if (plan.LabelKind == LabelKind.Binary)
            _positives = new(plan.LabelColumn, BooleanDataViewType.Instance) { Annotations = annotations };
        else
            _classes = new(plan.LabelColumn, TextDataViewType.Instance) { Annotations = annotations };
    }

    public TableColumn Column => (TableColumn?)_numbers ?? (TableColumn?)_positives ?? _classes!;

    /// <summary>Whether a cell has no label.</summary>
    public bool IsMissing(ReadOnlySpan<char> cell) => _format.IsMissing(cell);

    /// <summary>Adds the label of a row that will be scored, whatever it is.</summary>
    public void AddNone()
    {
        _numbers?.Values.Add(float.NaN);
        _positives?.Values.Add(false);
        _classes?.Values.Add(default);
    }

    /// <summary>Adds a label.</summary>
    /// <exception cref="ToolException">The cell is not a label.</exception>
    public void Add(ReadOnlySpan<char> cell, RowReader row)
    {
        if (_numbers is not null)
            _numbers.Values.Add(_format.TryNumber(cell, out double number) ? (float)number : throw Wrong(cell, row, "numbers", "Correct the cell, or use --missing for texts that stand for a missing value."));
        else if (_positives is not null)
            _positives.Values.Add(IsEqual(cell, _plan.Positive) || (IsEqual(cell, _plan.Negative) ? false : throw Wrong(cell, row, $"'{_plan.Positive}' or '{_plan.Negative}'", "Correct the cell.")));
        else
            _classes!.Values.Add(CellReader.Shared(_values, cell).AsMemory());
    }

    // 1 and 1.0 are the same label.
    private bool IsEqual(ReadOnlySpan<char> cell, string? value) =>
        cell.SequenceEqual(value) || (_format.TryNumber(cell, out double one) && _format.TryNumber(value, out double other) && one == other);

    private ToolException Wrong(ReadOnlySpan<char> cell, RowReader row, string constraint, string cure) =>
        new($"Labels in column '{_plan.LabelColumn}' must be {constraint}; got '{cell}' on {row.Place}. {cure}");
}
