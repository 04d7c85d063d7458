using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Data.IO;
using Microsoft.ML.Runtime;
using static Microsoft.ML.Transforms.ValueToKeyMappingTransformer;

namespace MetaML.Extensions.Interop;

/// <summary>The values of one map, followed by those of another. Both maps are shared, not copied.</summary>
/// <param name="first">The values with the first keys.</param>
/// <param name="second">Values that the first map lacks.</param>
/// <param name="build">Makes one map of all values. ML.NET's own format holds one, so a saved mapping is an ordinary one.</param>
internal sealed class AppendedTermMap<T>(TermMap<T> first, TermMap<T> second, Func<IReadOnlyList<T>, TermMap<T>> build)
    : TermMap<T>(first.ItemType, first.Count + second.Count)
{
    public TermMap<T> First => first;

    public TermMap<T> Second => second;

    public override ValueMapper<T, uint> GetKeyMapper()
    {
        ValueMapper<T, uint> inFirst = first.GetKeyMapper(), inSecond = second.GetKeyMapper();
        uint offset = (uint)first.Count;
        return (in T value, ref uint key) =>
        {
            inFirst(in value, ref key);
            if (key > 0)
                return;
            inSecond(in value, ref key);
            if (key > 0)
                key += offset;
        };
    }

    public override void GetTerms(ref VBuffer<T> dst)
    {
        VBuffer<T> one = default, other = default;
        first.GetTerms(ref one);
        second.GetTerms(ref other);
        VBufferEditor<T> editor = VBufferEditor.Create(ref dst, Count);
        one.CopyTo(editor.Values);
        other.CopyTo(editor.Values[one.Length..]);
        dst = editor.Commit();
    }

    public override void Save(ModelSaveContext ctx, IHostEnvironment host, CodecFactory codecFactory) => Single().Save(ctx, host, codecFactory);

    public override void WriteTextTerms(TextWriter writer) => Single().WriteTextTerms(writer);

    private TermMap<T> Single()
    {
        VBuffer<T> values = default;
        GetTerms(ref values);
        return build([.. values.DenseValues()]);
    }
}
