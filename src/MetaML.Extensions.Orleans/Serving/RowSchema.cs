using MetaML.Extensions.Interop;
using MetaML.Extensions.Orleans.Rows;
using MetaML.Extensions.Transformers;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Extensions.Orleans.Serving;

/// <summary>The columns that requests to the tasks of a model have.</summary>
internal sealed class RowSchema
{
    private readonly DataViewSchema _input;
    private readonly DataViewSchema.Column _task;
    private readonly HashSet<string> _learned; // names of the columns that learning needs, without the task
    private readonly HashSet<string> _scored;
    private readonly string? _alias;

    /// <param name="input">The schema of the model's input.</param>
    /// <param name="front">The steps before the meta-learner.</param>
    /// <param name="learner">The meta-learner.</param>
    /// <param name="chain">All steps.</param>
    /// <exception cref="ArgumentException">A column cannot be sent, or the task is not a column of its own.</exception>
    public RowSchema(DataViewSchema input, ITransformer front, ITaskLearner learner, ITransformer chain)
    {
        _input = input;
        string taskColumn = learner.TaskColumnName
            ?? throw new ArgumentException("The model must have a Task column; got one without. Each task is a grain. Train with TaskColumnName.", nameof(learner));
        IRowToRowMapper reader = front.GetRowToRowMapper(input);
        string[] named = [.. learner.Outputs.Select(output => output.Columns).SelectMany(columns => columns.Scored.Append(columns.Label).Append(columns.Weight)).OfType<string>().Distinct()];
        ILookup<bool, DataViewSchema.Column> read = named.Select(name => reader.OutputSchema[name]).ToLookup(column => column.Name == taskColumn);
        DataViewSchema.Column[] sources = [.. reader.GetDependencies(read[true])], learned = [.. reader.GetDependencies(read[false])];
        if (sources is not [{ Type: TextDataViewType }] || learned.Any(column => column.Name == sources[0].Name))
            throw new ArgumentException($"The Task column must be made of one column of text that makes no other column; got {string.Join(", ", sources.Select(column => $"{column.Name} ({column.Type})"))} for '{taskColumn}'. The grain of a task sets this column in all its rows. Name tasks by a column of text.", nameof(front));
        _task = sources[0];
        IRowToRowMapper scorer = chain.GetRowToRowMapper(input);
        Outputs = [.. scorer.OutputSchema.Where(column => !column.IsHidden && RowsReader.CanRead(column) && IsNew(column, reader.OutputSchema))];
        _learned = [.. learned.Select(column => column.Name)];
        _scored = [.. scorer.GetDependencies(Outputs).Select(column => column.Name).Where(name => name != _task.Name)];
        foreach (DataViewSchema.Column column in _learned.Union(_scored).Select(name => input[name]))
        {
            if (!RowTypes.CanBeSent(column.Type))
                throw new ArgumentException(RowTypes.CannotBeSent(column.Name, column.Type).Message, nameof(input));
        }

        DataViewSchema.Column made = reader.OutputSchema[taskColumn];
        _alias = made.Type is TextDataViewType ? null : KeyVocabulary.Of(made).Names[0];
    }

    /// <summary>The columns that predictions have.</summary>
    public IReadOnlyList<DataViewSchema.Column> Outputs { get; }

    /// <summary>The name of a task within the chain. Where a mapping makes the Task column, all tasks have a name that the mapping knows, because each is alone in its chain.</summary>
    public string NameInChain(string task) => _alias ?? task;

    /// <summary>The rows as the chain reads them.</summary>
    /// <param name="rows">The rows of a request.</param>
    /// <param name="task">The name of the task.</param>
    /// <param name="isLabelled">Whether the rows are to be learned.</param>
    /// <exception cref="ArgumentException">A column is missing, is not one of the model, or has the wrong type.</exception>
    public IDataView View(TaskRows rows, string task, bool isLabelled)
    {
        rows.Check();
        var columns = new RowColumn?[_input.Count];
        foreach (RowColumn column in rows.Columns)
        {
            DataViewSchema.Column known = _input.GetColumnOrNull(column.Name) is { IsHidden: false } found
                ? found
                : throw Mismatch(column.Name, "no such column", column.Type.ToString()!, "Leave the column out.");
            if (column.Name == _task.Name)
            {
                if (column.Values is not string[] names || names.FirstOrDefault(name => name != task) is { } other && other != "")
                    throw new ArgumentException($"The column '{column.Name}' must hold the name of the task of the grain, '{task}', or be empty; got another name. A grain reads rows of its own task only. Leave the column out.");
                continue;
            }

            if (!known.Type.Equals(column.Type))
                throw Mismatch(column.Name, known.Type.ToString()!, column.Type.ToString()!, $"Send the column as {known.Type}.");
            columns[known.Index] = column;
        }

        foreach (string name in isLabelled ? _learned : _scored)
        {
            if (columns[_input[name].Index] is null)
                throw Mismatch(name, _input[name].Type.ToString()!, "no such column", "Add the column to the rows.");
        }

        string[] tasks = new string[rows.Count];
        Array.Fill(tasks, NameInChain(task));
        columns[_task.Index] = new RowColumn(_task.Name, tasks);
        return new RowsView(_input, columns, rows.Count);
    }

    // Also a column that replaces one of the same name.
    private static bool IsNew(DataViewSchema.Column column, DataViewSchema before) =>
        before.GetColumnOrNull(column.Name) is not { } old || old.Index != column.Index || !old.Type.Equals(column.Type);

    private ArgumentException Mismatch(string name, string expected, string found, string cure) =>
        new($"Schema mismatch for column '{name}': expected {expected}, got {found}. Columns of the model: {string.Join(", ", _input.Where(column => !column.IsHidden).Select(column => $"{column.Name} ({column.Type})"))}. {cure}");
}
