namespace MetaML.Pretrained.Tables;

/// <summary>Predicts the labels of rows from what it knows of a table. It is safe for concurrent use.</summary>
internal interface ITablePredictor
{
    /// <summary>The number of features of a row.</summary>
    int Width { get; }

    /// <summary>The number of classes; 0 for numeric labels.</summary>
    int Classes { get; }

    /// <summary>The number of outputs of a row: a probability for each class, or mean and standard deviation of a number.</summary>
    int Outputs => Classes > 0 ? Classes : 2;

    /// <summary>Predicts rows.</summary>
    /// <param name="rows">Features [rows, width]. NaN is a missing value.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="buffers">Memory of the calling thread; null before the first call. The predictor makes it if it needs it.</param>
    /// <param name="outputs">Receives [rows, <see cref="Outputs"/>].</param>
    void Predict(ReadOnlySpan<float> rows, int count, ref ViewBuffers? buffers, Span<float> outputs);
}
