using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Tool.Tables;

/// <summary>One column of values in memory.</summary>
internal sealed class ValueColumn<T>(string name, DataViewType type) : TableColumn(name, type)
{
    public List<T> Values { get; } = [];

    public override Delegate Getter(Func<int> row) => new ValueGetter<T>((ref T value) => value = Values[row()]);
}
