using Microsoft.ML.Data;

namespace MetaML.Extensions.Orleans.Rows;

/// <summary>Objects whose members are columns.</summary>
/// <typeparam name="T">The type of the objects.</typeparam>
internal static class RowObjects<T>
    where T : class
{
    private static readonly Member[] s_members = [.. SchemaDefinition.Create(typeof(T)).Select(column => new Member(column.ColumnName, column.MemberName, column.ColumnType))];

    public static TaskRows Write(T[] rows) => new(s_members.Select(member => member.Write(rows)));

    public static T[] Read(TaskRows rows)
    {
        T[] objects = [.. Enumerable.Range(0, rows.Count).Select(_ => Activator.CreateInstance<T>())];
        foreach (RowColumn column in rows.Columns)
            Array.Find(s_members, member => member.Name == column.Name)?.Read(column, objects);
        return objects;
    }

    private sealed class Member
    {
        private readonly DataViewType _type;
        private readonly Type _memberType;
        private readonly Func<object, object?> _get;
        private readonly Action<object, object?> _set;

        public Member(string name, string member, DataViewType type)
        {
            Name = name;
            _type = type;
            if (typeof(T).GetProperty(member) is { } property)
                (_memberType, _get, _set) = (property.PropertyType, property.GetValue, property.SetValue);
            else if (typeof(T).GetField(member) is { } field)
                (_memberType, _get, _set) = (field.FieldType, field.GetValue, field.SetValue);
            else
                throw new NotSupportedException($"Column '{name}' must be a public property or field of {typeof(T).Name}; got '{member}'.");
        }

        public string Name { get; }

        public RowColumn Write(T[] rows)
        {
            if (_type is VectorDataViewType { Size: > 0 } vector && vector.ItemType == NumberDataViewType.Single)
            {
                var values = new float[rows.Length * vector.Size];
                for (int row = 0; row < rows.Length; row++)
                    Vector(_get(rows[row]), vector.Size).CopyTo(values, row * vector.Size);
                return RowColumn.Of(Name, values, vector.Size);
            }

            return RowColumn.Of(Name, _type switch
            {
                TextDataViewType => Array.ConvertAll(rows, row => _get(row)?.ToString() ?? ""),
                _ when _type.RawType == typeof(float) => Values<float>(rows),
                _ when _type.RawType == typeof(double) => Values<double>(rows),
                _ when _type.RawType == typeof(int) => Values<int>(rows),
                _ when _type.RawType == typeof(long) => Values<long>(rows),
                _ when _type.RawType == typeof(bool) => Values<bool>(rows),
                _ => throw RowTypes.CannotBeSent(Name, _type),
            });
        }

        public void Read(RowColumn column, T[] rows)
        {
            for (int row = 0; row < rows.Length; row++)
            {
                object value = column.Size > 0 ? column.Get<float>()[(row * column.Size)..((row + 1) * column.Size)] : column.Values!.GetValue(row)!;
                if (_memberType == typeof(ReadOnlyMemory<char>) && value is string text)
                    value = text.AsMemory();
                else if (_memberType == typeof(VBuffer<float>) && value is float[] items)
                    value = new VBuffer<float>(items.Length, items);
                if (!_memberType.IsInstanceOfType(value))
                    throw new InvalidOperationException($"The member of {typeof(T).Name} for column '{Name}' must have the type of the column, {column.Type}; got {_memberType.Name}. Change the type of the member.");
                _set(rows[row], value);
            }
        }

        private TValue[] Values<TValue>(T[] rows) => Array.ConvertAll(rows, row => (TValue)_get(row)!);

        private float[] Vector(object? value, int size)
        {
            float[] values = value switch
            {
                float[] array => array,
                VBuffer<float> buffer => [.. buffer.DenseValues()],
                _ => throw RowTypes.CannotBeSent(Name, _type),
            };
            return values.Length == size ? values : throw new ArgumentException($"The vectors of column '{Name}' must have {size} values; got {values.Length}.");
        }
    }
}
