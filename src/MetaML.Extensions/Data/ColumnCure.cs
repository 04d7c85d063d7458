using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>The last sentence of a schema mismatch: the ML.NET step that makes the column that was found into one that is expected.</summary>
internal static class ColumnCure
{
    private const string Conversion = "ml.Transforms.Conversion";

    /// <summary>The cure.</summary>
    /// <param name="role">What the column is read as.</param>
    /// <param name="name">The column.</param>
    /// <param name="kind">What labels are to be; null where any kind will do, or for other roles.</param>
    /// <param name="found">The type of a value; null where there is no such column.</param>
    /// <param name="isVector">Whether the column holds vectors of it.</param>
    public static string Of(string role, string name, LabelKind? kind, DataViewType? found, bool isVector) => (role, found) switch
    {
        (_, null) => $"Name a column that there is, or put the step that makes '{name}' in front.",
        ("feature", _) => Features(name, found, isVector),
        ("score", _) => "Give what a model's Transform returned, and the name of its score column.",
        _ when isVector => $"Make one value of each row a column, and name that in place of '{name}'.",
        ("task", KeyDataViewType) => $"Map its values to keys anew by {Conversion}.MapValueToKey, or give KeyType a count.",
        ("task", _) => $"Convert it to text by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.String), or to a key by {Conversion}.MapValueToKey(\"{name}\").",
        ("time", _) => $"Convert it to a time by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.DateTime).",
        ("example weight", _) => To(name, found, DataKind.Single),
        _ => Label(role, name, kind, found),
    };

    private static string Features(string name, DataViewType found, bool isVector) => found switch
    {
        _ when found == NumberDataViewType.Single => isVector
            ? $"Make '{name}' by the same steps as for training, and let them give it a fixed size, as Concatenate and VectorType do."
            : $"Gather the numbers into one vector by ml.Transforms.Concatenate(\"Features\", \"{name}\", …), and name that.",
        TextDataViewType => $"Make numbers of the text by ml.Transforms.Text.FeaturizeText(\"{name}\") or ml.Transforms.Categorical.OneHotEncoding(\"{name}\").",
        KeyDataViewType => $"Make numbers of the keys by {Conversion}.MapKeyToVector(\"{name}\").",
        _ => $"Convert it by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.Single){(isVector ? "" : $", and make it a vector by ml.Transforms.Concatenate(\"{name}\", \"{name}\")")}.",
    };

    private static string Label(string role, string name, LabelKind? kind, DataViewType found) => kind switch
    {
        LabelKind.Multiclass => found is KeyDataViewType ? $"Give KeyType a count, or map the values by {Conversion}.MapValueToKey." : ToKey(name),
        LabelKind.Binary => To(name, found, DataKind.Boolean),
        LabelKind.Regression => To(name, found, DataKind.Single),
        _ when role == "output" && found is TextDataViewType => ToKey(name),
        _ => $"Convert values by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.Single), yes/no answers by DataKind.Boolean, and map classes to keys by {Conversion}.MapValueToKey(\"{name}\").",
    };

    private static string ToKey(string name) => $"Map it to a key by {Conversion}.MapValueToKey(\"{name}\").";

    private static string To(string name, DataViewType found, DataKind kind) =>
        $"{(found is KeyDataViewType ? $"Map the keys to their values by {Conversion}.MapKeyToValue(\"{name}\"), and convert those" : "Convert it")} by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.{kind}).";
}
