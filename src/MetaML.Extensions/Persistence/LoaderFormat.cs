using System.Reflection;
using MetaML.Extensions.Transformers;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace MetaML.Extensions.Persistence;

/// <summary>The known file format of a loader: the lengths that the loader reads without a check, and the parts of the file that it opens.</summary>
/// <param name="Written">The newest version of the format that is known.</param>
/// <param name="Readable">The oldest version that the file may require of its reader. Files that require an older version have another format.</param>
/// <param name="LoaderAssembly">The assembly that contains the loader.</param>
/// <param name="Check">Checks the block of a step, and the parts below its folder.</param>
/// <remarks>
/// Only numbers that make a loader allocate memory or open an entry are checked. ML.NET checks the other numbers, and that the
/// block has its declared length. Sources: the binary formats in the comments of ML.NET 5.0's transformers.
/// </remarks>
internal sealed record LoaderFormat(uint Written, uint Readable, Assembly LoaderAssembly, Action<ModelWalk, string, BlockReader> Check)
{
    private static readonly Assembly s_data = typeof(TransformerChain<>).Assembly, s_transforms = typeof(MissingValueReplacingTransformer).Assembly, s_own = typeof(LoaderFormat).Assembly;

    /// <summary>The oldest version that the loader is known to read; by default the newest.</summary>
    public uint Oldest { get; init; } = Written;

    /// <summary>The known steps of a model, by the signature of their loader.</summary>
    public static readonly Dictionary<string, LoaderFormat> Transformers = new(StringComparer.Ordinal)
    {
        // The loaders of this package check all lengths themselves.
        [MetaLearnerTransformer.LoaderSignature] = OfThisPackage(MetaLearnerTransformer.Format),
        [MultiOutputTransformer.LoaderSignature] = OfThisPackage(MultiOutputTransformer.Format),
        [SharedEncoderTransformer.LoaderSignature] = OfThisPackage(SharedEncoderTransformer.Format),
        [EnsembleTransformer.LoaderSignature] = OfThisPackage(EnsembleTransformer.Format) with { Check = Ensemble },
        [PooledScoreTransformer.LoaderSignature] = OfThisPackage(PooledScoreTransformer.Format) with { Check = PooledScore },
        ["TransformerChain"] = new(0x00010001, 0x00010001, s_data, Chain),
        ["ConcatTransform"] = new(0x00010003, 0x00010003, s_data, Concatenation),
        ["CopyTransform"] = new(0x00010001, 0x00010001, s_data, Columns),
        ["SelectColumnsTransform"] = new(0x00010001, 0x00010001, s_data, Selection),
        ["Normalizer"] = new(0x00010002, 0x00010001, s_data, Normalizer),
        ["TermTransform"] = new(0x00010003, 0x00010003, s_data, ValueToKey),
        ["KeyToValueTransform"] = new(0x00010001, 0x00010001, s_data, Columns),
        ["KeyToVectorTransform"] = new(0x00010002, 0x00010001, s_data, Columns),
        ["ConvertTransform"] = new(0x00010004, 0x00010003, s_data, Columns),
        ["NAReplaceTransform"] = new(0x00010002, 0x00010002, s_transforms, Replacement),
        ["NaIndicatorTransform"] = new(0x00010001, 0x00010001, s_transforms, Columns),
        ["GcnTransform"] = new(0x00010003, 0x00010003, s_transforms, Columns),
        ["Text"] = new(0x00010002, 0x00010002, s_transforms, (walk, folder, _) => walk.Visit($"{folder}/Chain", Transformers!)),
        ["TextNormalizerTransform"] = new(0x00010001, 0x00010001, s_transforms, Columns),
        ["CharToken"] = new(0x00010002, 0x00010002, s_transforms, Columns),
        ["TokenizeTextTransform"] = new(0x00010001, 0x00010001, s_transforms, Separators),
        ["NgramTransform"] = new(0x00010003, 0x00010003, s_transforms, NGrams),
    };

    private static readonly Dictionary<string, LoaderFormat> s_columnFunctions = new(StringComparer.Ordinal)
    {
        ["AffineNormExec"] = new(0x00010003, 0x00010003, s_data, Affine),
        ["CdfNormalizeFunction"] = new(0x00010001, 0x00010001, s_data, Cdf),
        ["BinNormalizeFunction"] = new(0x00010001, 0x00010001, s_data, (walk, folder, _) => walk.Visit($"{folder}/BinNormalizer", s_bins!)),
    };

    private static readonly Dictionary<string, LoaderFormat> s_bins = new(StringComparer.Ordinal) { ["BinNormExec"] = new(0x00010001, 0x00010001, s_data, Bins) };

    private static LoaderFormat OfThisPackage(TransformerFormat format) => new(format.Written, TransformerFormat.First, s_own, (_, _, _) => { }) { Oldest = TransformerFormat.First };

    // int: number of steps; for each step: int: scope, and a folder
    private static void Chain(ModelWalk walk, string folder, BlockReader block)
    {
        int steps = block.Count(sizeof(int));
        for (int i = 0; i < steps; i++)
            walk.Visit($"{folder}/Transform_{i:000}", Transformers);
    }

    // int: number of columns; for each column: int: output, int: input, both as indices of strings
    private static void Columns(ModelWalk walk, string folder, BlockReader block) => Columns(block);

    private static int Columns(BlockReader block)
    {
        int columns = block.Count(2 * sizeof(int));
        block.Skip(columns * 2L * sizeof(int));
        return columns;
    }

    // int: number of models; double[]: their weights; … ; and a folder for each model
    private static void Ensemble(ModelWalk walk, string folder, BlockReader block)
    {
        int models = block.Count(sizeof(double));
        for (int i = 0; i < models; i++)
            walk.Visit($"{folder}/{EnsembleTransformer.Folder(i)}", Transformers);
    }

    // string: task column, score column, output column; int: number of training tasks; for each task: string: name, int: fold; int: number of models; and a folder for each model
    private static void PooledScore(ModelWalk walk, string folder, BlockReader block)
    {
        for (int i = 0; i < 3; i++)
            block.Text();
        for (int i = block.Count(1 + sizeof(int)); i > 0; i--)
        {
            block.Text();
            block.Int32();
        }

        int models = block.Int32();
        if (models is < PooledScoreTransformer.FewestModels or > PooledScoreTransformer.MostModels)
            throw block.Damaged($"{PooledScoreTransformer.FewestModels} to {PooledScoreTransformer.MostModels} models", models);
        for (int i = 0; i < models; i++)
            walk.Visit($"{folder}/{PooledScoreTransformer.Folder(i)}", Transformers);
    }

    // int: number of outputs; for each output: int: name, int: number of inputs; for each input: int: name, int: alias
    private static void Concatenation(ModelWalk walk, string folder, BlockReader block)
    {
        for (int i = block.Count(2 * sizeof(int)); i > 0; i--)
        {
            block.Int32();
            block.Skip(block.Count(2 * sizeof(int)) * 2L * sizeof(int));
        }
    }

    // bool, bool, bool; int: number of columns; for each column: int: name
    private static void Selection(ModelWalk walk, string folder, BlockReader block)
    {
        block.Skip(3);
        block.Count(sizeof(int));
    }

    // columns; for each column: bool: whether it is a vector, byte: type, for a vector int: number of dimensions, int[]: dimensions; and a folder
    private static void Normalizer(ModelWalk walk, string folder, BlockReader block)
    {
        int columns = Columns(block);
        for (int i = 0; i < columns; i++)
        {
            bool isVector = block.Byte() != 0;
            block.Byte();
            if (isVector)
                block.Skip(block.Count(sizeof(int)) * (long)sizeof(int));
            walk.Visit($"{folder}/Normalizer_{i:000}", s_columnFunctions);
        }
    }

    // int: bytes of a number; int: number of features; int: number of listed features, or −1 for all; int[]: the listed features; int: number of scales; scales; int: number of offsets; offsets
    private static void Affine(ModelWalk walk, string folder, BlockReader block)
    {
        int width = NumberBytes(block), features = block.Int32(), listed = block.Int32();
        if (features <= 0 || listed < -1 || listed > features)
            throw block.Damaged("a valid number of listed features", listed);
        if (listed >= 0)
        {
            walk.Budget.Reserve(2L * features * width); // the loader allocates a scale and an offset for every feature
            block.Skip((long)listed * sizeof(int));
        }

        for (int part = 0; part < 2; part++)
            block.Skip((long)block.Count(width) * width);
    }

    // int: bytes of a number; bool: whether of logarithms; int: number of features; means; standard deviations
    private static void Cdf(ModelWalk walk, string folder, BlockReader block)
    {
        int width = NumberBytes(block);
        block.Byte();
        block.Count(2 * width);
    }

    // int: bytes of a number; int: number of features; for each feature: int: number of bounds; bounds
    private static void Bins(ModelWalk walk, string folder, BlockReader block)
    {
        int width = NumberBytes(block);
        for (int i = block.Count(sizeof(int)); i > 0; i--)
            block.Skip((long)block.Count(width) * width);
    }

    private static int NumberBytes(BlockReader block) => block.Int32() is var width and (sizeof(float) or sizeof(double)) ? width : throw block.Damaged("numbers of 4 or 8 bytes");

    // columns; bool for each column; folder Vocabulary: int: number of columns; for each column: byte: 0 text, 1 other; text: int: number, int[]: strings; other: codec, int: number, values
    private static void ValueToKey(ModelWalk walk, string folder, BlockReader block)
    {
        int columns = Columns(block);
        BlockReader terms = walk.Open($"{folder}/Vocabulary").Block;
        if (terms.Int32() != columns)
            throw terms.Damaged($"the terms of {columns} columns");
        for (int i = 0; i < columns; i++)
        {
            if (terms.Byte() == 0)
            {
                terms.Skip(terms.Count(sizeof(int)) * (long)sizeof(int));
                continue;
            }

            CodecCheck codec = CodecCheck.Read(terms);
            if (!codec.IsPrimitive)
                throw terms.Damaged("terms that are scalars");
            codec.Skip(terms, terms.Int32(), walk.Budget);
        }
    }

    // columns; for each column: codec, one value
    private static void Replacement(ModelWalk walk, string folder, BlockReader block)
    {
        for (int i = Columns(block); i > 0; i--)
            CodecCheck.Read(block).Skip(block, 1, walk.Budget);
    }

    // columns; for each column: int: number of separators; characters
    private static void Separators(ModelWalk walk, string folder, BlockReader block)
    {
        for (int i = Columns(block); i > 0; i--)
            block.Skip(block.Count(sizeof(char)) * (long)sizeof(char));
    }

    // columns; for each column: int: length, int: skip, int: weighting, bool for each length; int: number of n-grams, int[]: end of each n-gram, bytes; int: number of frequencies, doubles
    private static void NGrams(ModelWalk walk, string folder, BlockReader block)
    {
        for (int i = Columns(block); i > 0; i--)
        {
            int length = block.Int32();
            block.Skip(2 * sizeof(int));
            block.Skip(length);
            int nGrams = block.Count(sizeof(int)), bytes = 0;
            for (int k = 0; k <= nGrams; k++)
                bytes = block.Int32() is var next && next >= bytes && (k > 0 || next == 0) ? next : throw block.Damaged("n-grams at increasing offsets");
            block.Skip(bytes);
            block.Skip((long)block.Count(sizeof(double)) * sizeof(double));
        }
    }
}
