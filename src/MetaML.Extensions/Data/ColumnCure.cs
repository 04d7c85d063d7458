using Microsoft.ML.Data;

namespace MetaML.Extensions.Data;

/// <summary>The last sentence of a schema mismatch: the ML.NET step that converts the column to an expected type.</summary>
internal static class ColumnCure
{
    private const string Conversion = "ml.Transforms.Conversion";

    /// <summary>The sentence with the cure.</summary>
    /// <param name="role">The role of the column, such as "label".</param>
    /// <param name="name">The column.</param>
    /// <param name="kind">The expected kind of labels; null if any kind fits, or for other roles.</param>
    /// <param name="found">The type of a value of the column; null if there is no such column.</param>
    /// <param name="isVector">Whether the column contains vectors of this type.</param>
    public static string Of(string role, string name, LabelKind? kind, DataViewType? found, bool isVector) => (role, found) switch
    {
        (_, null) => $"Give the name of an existing column, or put the step that makes '{name}' in front.",
        ("feature", _) => Features(name, found, isVector),
        ("task feature", _) when found == NumberDataViewType.Single || isVector => Features(name, found, isVector: true),
        ("task feature", KeyDataViewType or TextDataViewType) => Features(name, found, isVector),
        ("task feature", _) => To(name, found, DataKind.Single),
        ("score", _) => "Give the result of a model's Transform, and the name of its score column.",
        _ when isVector => $"Make a column with one value in each row, and use it instead of '{name}'.",
        ("task", KeyDataViewType) => $"Map its values to keys again by {Conversion}.MapValueToKey, or give KeyType a count.",
        ("task", _) => $"Convert it to text by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.String), or to a key by {Conversion}.MapValueToKey(\"{name}\").",
        ("time", _) => $"Convert it to a time by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.DateTime).",
        ("example weight", _) => To(name, found, DataKind.Single),
        _ => Label(role, name, kind, found),
    };

    private static string Features(string name, DataViewType found, bool isVector) => found switch
    {
        _ when found == NumberDataViewType.Single => isVector
            ? $"Make '{name}' by the same steps as for training. Its size must be fixed, as Concatenate and VectorType make it."
            : $"Combine the numbers into one vector by ml.Transforms.Concatenate(\"Features\", \"{name}\", …), and use that column.",
        TextDataViewType => $"Convert the text to numbers by ml.Transforms.Text.FeaturizeText(\"{name}\") or ml.Transforms.Categorical.OneHotEncoding(\"{name}\").",
        KeyDataViewType => $"Convert the keys to numbers by {Conversion}.MapKeyToVector(\"{name}\").",
        _ => $"Convert it by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.Single){(isVector ? "" : $", and make it a vector by ml.Transforms.Concatenate(\"{name}\", \"{name}\")")}.",
    };

    private static string Label(string role, string name, LabelKind? kind, DataViewType found) => kind switch
    {
        LabelKind.Multiclass => found is KeyDataViewType ? $"Give KeyType a count, or map the values by {Conversion}.MapValueToKey." : ToKey(name),
        LabelKind.Binary => To(name, found, DataKind.Boolean),
        LabelKind.Regression => To(name, found, DataKind.Single),
        _ when role == "output" && found is TextDataViewType => ToKey(name),
        _ => $"Convert values by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.Single), and yes/no answers with DataKind.Boolean. Map classes to keys by {Conversion}.MapValueToKey(\"{name}\").",
    };

    private static string ToKey(string name) => $"Map it to a key by {Conversion}.MapValueToKey(\"{name}\").";

    private static string To(string name, DataViewType found, DataKind kind) =>
        $"{(found is KeyDataViewType ? $"Map the keys to their values by {Conversion}.MapKeyToValue(\"{name}\"), and convert those" : "Convert it")} by {Conversion}.ConvertType(\"{name}\", outputKind: DataKind.{kind}).";
}
