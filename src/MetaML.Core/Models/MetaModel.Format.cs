using System.Security.Cryptography;
using System.Text.Json;
using MetaML.Adapters;
using MetaML.Data;
using MetaML.Files;
using MetaML.Parameters;

namespace MetaML.Models;

// Writing and reading of a model.
public sealed partial class MetaModel
{
    // Version 2 has a calibration, and offsets of the scores of ridge, Bayesian and prototype heads. Version 3 has covariates of tasks,
    // names of features, and what is known of the prior. Version 4 has groups of tasks. Version 5 has sizes of labels.
    private const int FormatVersion = 5;

    // Names of features are saved if they have together at most this number of characters.
    private const int MostCharactersOfNames = 1 << 16;

    // The options need a few hundred bytes and some for each hidden layer; the summary of training needs a few thousand.
    private const int MaximumHeaderBytes = 1 << 18;

    /// <summary>Writes the model.</summary>
    /// <param name="writer">Receives: format version, a JSON header, the parameters' values in the order that the header's options imply, with covariates their means and factors, and with groups their priors.</param>
    public void Write(BinaryWriter writer) => Write(writer, null);

    /// <summary>SHA-256 of the saved model. Equal models have equal tasks.</summary>
    internal byte[] Fingerprint => _fingerprint.Value;

    /// <summary>Writes the model. Omits the encoder's values if an earlier written model shares them.</summary>
    internal void Write(BinaryWriter writer, MetaModel? encoder)
    {
        if (encoder is not null && (encoder._encoderValues != _encoderValues || encoder._scaling != _scaling))
            throw new ArgumentException("The models must share an encoder.", nameof(encoder));
        var header = new MetaModelHeader
        {
            Kind = Kind,
            FeatureCount = FeatureCount,
            CommonOutputs = _design.Head.CommonOutputs,
            Encoder = _design.EncoderOptions,
            Adapter = _design.AdapterOptions,
            LabelMean = _labels.Mean,
            LabelDeviation = _labels.Deviation,
            LabelSizes = LabelSizes,
            IsScaled = _scaling is not null,
            IsShifted = _scaling?.Shift is not null,
            IsScaledByFeature = _scaling is { Shift: null, Scale.Length: > 1 },
            Training = Training,
            Calibration = Calibration,
            Statistics = Statistics,
            Conformal = Conformal,
            FeatureNames = FeatureNames.Count > 0 && FeatureNames.Sum(name => (long)name.Length + 3) <= MostCharactersOfNames ? [.. FeatureNames] : null,
            CovariateNames = CovariateNames.Count > 0 ? [.. CovariateNames] : null,
            GroupNames = Groups is null ? null : [.. GroupNames],
            Population = Population,
        };
        writer.Write(FormatVersion);
        writer.Write(JsonSerializer.Serialize(header));
        if (encoder is null)
        {
            if (_scaling?.Shift is { } shift)
                BinaryFormat.WriteFloats(writer, shift);
            if (_scaling is not null)
                BinaryFormat.WriteFloats(writer, _scaling.Scale);
            foreach (float[] values in _encoderArrays)
                BinaryFormat.WriteFloats(writer, values);
        }

        foreach (float[] values in _adapterArrays)
            BinaryFormat.WriteFloats(writer, values);
        if (CovariateScaling is { } covariates)
        {
            BinaryFormat.WriteFloats(writer, covariates.Shift);
            BinaryFormat.WriteFloats(writer, covariates.Scale);
        }

        Groups?.Write(writer);
    }

    private byte[] Hash()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Write(writer);
        writer.Flush();
        return SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>Reads a model that <see cref="Write(BinaryWriter)"/> wrote.</summary>
    /// <param name="reader">A reader at the start of the model.</param>
    /// <exception cref="InvalidDataException">The data are damaged, or from a newer version.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static MetaModel Read(BinaryReader reader) => Read(reader, null);

    /// <summary>Reads a model that was written without the encoder's values, and takes them from another model.</summary>
    internal static MetaModel Read(BinaryReader reader, MetaModel? encoder)
    {
        int version = reader.ReadInt32();
        if (version is < 1 or > FormatVersion)
            throw new InvalidDataException($"The model's format version must be from 1 to {FormatVersion}; got {version}. It was written by a newer version of MetaML, or the file is damaged. Update MetaML.");
        try
        {
            MetaModelHeader header = JsonSerializer.Deserialize<MetaModelHeader>(BinaryFormat.ReadText(reader, MaximumHeaderBytes, "the model's header")) ?? throw new InvalidDataException("The model's header is empty. The file is damaged.");
            header.Validate();
            var design = new MetaModelDesign(header.Kind, header.FeatureCount, header.CommonOutputs, header.Encoder, header.Adapter, header.FeatureNames, header.CovariateNames, header.GroupNames);
            ParameterArray[] ReadAll(IEnumerable<ParameterSpec> specs) =>
                [.. specs.Select(spec => new ParameterArray(spec.Name, spec.FormatVersion <= version ? BinaryFormat.ReadFloats(reader, spec.Count) : spec.Initialize(new Random(0))))];
            var labels = new LabelScaling(header.LabelMean, header.LabelDeviation);
            if (encoder is not null)
            {
                ParameterSet.CheckFit(design.Encoder.Parameters, encoder._encoderValues);
                if (header.FeatureCount != encoder.FeatureCount)
                    throw new ArgumentException($"There must be {encoder.FeatureCount} features; got {header.FeatureCount}.");
                return Finish(encoder._scaling, encoder._encoderValues);
            }

            float[]? shift = header.IsShifted ? BinaryFormat.ReadFloats(reader, header.FeatureCount) : null;
            FeatureScaling? scaling = header.IsScaled
                ? FeatureScaling.FromArrays(shift, BinaryFormat.ReadFloats(reader, header.IsShifted || header.IsScaledByFeature ? header.FeatureCount : 1), header.Encoder.Drawings(header.FeatureCount))
                : null;
            return Finish(scaling, ReadAll(design.Encoder.Parameters));

            MetaModel Finish(FeatureScaling? scaling, ParameterArray[] encoderValues)
            {
                ParameterArray[] adapterValues = ReadAll(design.Adapter.Parameters);
                int covariates = header.CovariateNames?.Length ?? 0;
                return new MetaModel(design, scaling, labels, encoderValues, adapterValues)
                {
                    LabelSizes = header.LabelSizes,
                    CovariateScaling = covariates == 0 ? null : new CovariateScaling(FeatureScaling.FromArrays(BinaryFormat.ReadFloats(reader, covariates), BinaryFormat.ReadFloats(reader, covariates))),
                    Groups = header.GroupNames is { } names ? GroupPriors.Read(reader, names, design.Head.EmbeddingDimension + 1) : null,
                    Training = header.Training,
                    Calibration = header.Calibration,
                    Population = header.Population,
                    Statistics = header.Statistics,
                    Conformal = header.Conformal,
                };
            }
        }
        catch (Exception error) when (error is JsonException or ArgumentException or NotSupportedException or OverflowException or FormatException)
        {
            throw new InvalidDataException("The model's header does not describe a model. The file is damaged, needs a newer version of MetaML, or has an adapter or encoder that this program did not register (AdapterOptions.Register).", error);
        }
    }
}
