using MetaML.Extensions.Evaluation.Metrics;
using MetaML.Files;

namespace MetaML.Extensions.Evaluation.FewShot;

/// <summary>The predictions of one strategy for the query rows of every draw, so that strategies can be combined without learning again.</summary>
/// <remarks>Strategies that were evaluated on the same draws have the same cells in the same order, and each cell has the same rows.</remarks>
internal sealed class PredictionRecord
{
    private const long MostNumbers = 8L << 20; // of one strategy; 32 MiB

    private readonly List<Cell> _cells = [];
    private long _numbers;
    private bool _isIncomplete;

    /// <summary>The cells, in the order of the evaluation.</summary>
    public IReadOnlyList<Cell> Cells => _cells;

    /// <summary>Whether the predictions can be averaged: each row has a prediction, binary labels have probabilities, and the number of rows is not too large.</summary>
    public bool IsUsable => _cells.Count > 0 && !_isIncomplete;

    /// <summary>Adds the rows of a task in one draw.</summary>
    public void Add(LabelKind kind, int supportSize, string task, TaskScores rows)
    {
        _numbers += rows.Count * (long)Math.Max(1, rows.Distributions.FirstOrDefault()?.Length ?? 1);
        _isIncomplete |= rows.UnscoredRows.Count > 0 || (kind == LabelKind.Binary && rows.Probabilities.Any(float.IsNaN)) || _numbers > MostNumbers;
        if (_isIncomplete)
            _cells.Clear();
        else
            _cells.Add(new Cell(supportSize, task, rows.Copy()));
    }

    /// <summary>Adds the predictions for other tasks.</summary>
    public void Add(PredictionRecord other)
    {
        _isIncomplete |= !other.IsUsable;
        _cells.AddRange(other._cells);
    }

    // bool: whether the record is incomplete; int: number of cells; for each int: support size, string: task, and the rows: see TaskScores.Write
    public void Write(BinaryWriter writer)
    {
        writer.Write(_isIncomplete);
        writer.Write(_cells.Count);
        foreach (Cell cell in _cells)
        {
            writer.Write(cell.SupportSize);
            writer.Write(cell.Task);
            cell.Rows.Write(writer);
        }
    }

    /// <summary>Reads the output of <see cref="Write"/>.</summary>
    /// <exception cref="InvalidDataException">The data are damaged.</exception>
    /// <exception cref="EndOfStreamException">The data end too early.</exception>
    public static PredictionRecord Read(BinaryReader reader)
    {
        var record = new PredictionRecord { _isIncomplete = reader.ReadBoolean() };
        for (int i = BinaryFormat.ReadCount(reader, int.MaxValue, "cells"); i > 0; i--)
            record._cells.Add(new Cell(reader.ReadInt32(), BinaryFormat.ReadName(reader), TaskScores.Read(reader)));
        return record;
    }

    /// <summary>Whether the predictions of another strategy are for the same labels.</summary>
    public bool HasSameLabels(PredictionRecord other) =>
        _cells.Count == other._cells.Count && _cells.Zip(other._cells).All(pair => pair.First.Task == pair.Second.Task && pair.First.Rows.Labels.SequenceEqual(pair.Second.Rows.Labels));

    /// <summary>The predictions for a task in one draw.</summary>
    /// <param name="SupportSize">The number of support rows.</param>
    /// <param name="Task">The name of the task.</param>
    /// <param name="Rows">The rows.</param>
    internal sealed record Cell(int SupportSize, string Task, TaskScores Rows);
}
