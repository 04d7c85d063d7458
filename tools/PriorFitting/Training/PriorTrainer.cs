using System.Collections.Concurrent;
using System.Diagnostics;
using MetaML.Files;
using MetaML.Native;
using MetaML.Parameters;
using MetaML.Pretrained.Network;
using MetaML.Training.Loop;
using static TorchSharp.torch;

namespace MetaML.PriorFitting.Training;

/// <summary>Trains the network on made-up tables. It continues from its state file to the same bits as without interruption.</summary>
internal sealed class PriorTrainer
{
    private const int SaveInterval = 500, ReportInterval = 100, ValidationInterval = 1_000, TablesAhead = 16;

    private readonly TrainingOptions _options;
    private readonly string _folder;
    private readonly IReadOnlyList<ParameterSpec> _specs;
    private readonly TrainedParameters _parameters;
    private readonly AdamOptimizer _optimizer;
    private int _step;
    private double _seconds;

    /// <summary>Prepares a training. Its tensors belong to the current dispose scope.</summary>
    /// <param name="options">The options.</param>
    /// <param name="folder">The folder of the state, the log and the weights.</param>
    /// <param name="start">The weights of an earlier training that this one starts with, or null for random weights. A state file in the folder goes before.</param>
    public PriorTrainer(TrainingOptions options, string folder, NetworkWeights? start = null)
    {
        _options = options;
        _folder = folder;
        _specs = options.Shape.Parameters;
        ParameterArray[] initial = start?.Parameters ?? ParameterArray.Initialize(_specs, new Random(options.Seed));
        _parameters = new TrainedParameters([(_specs, initial)], CPU);
        _optimizer = new AdamOptimizer(_parameters);
        Directory.CreateDirectory(folder);
        if (File.Exists(StatePath))
        {
            using FileStream file = File.OpenRead(StatePath);
            Exchange(new StateExchange(file, restores: true));
        }
    }

    private string StatePath => Path.Combine(_folder, "training.state");

    /// <summary>Trains to the last step and writes the weights.</summary>
    public void Run()
    {
        using var oneThread = new SingleIntraOpThread();
        Log($"parameters {_parameters.Count}, step {_step} of {_options.Steps}, options {_options}");
        var watch = Stopwatch.StartNew();
        double before = _seconds;
        using var cancellation = new CancellationTokenSource();
        using var batches = new BlockingCollection<TableBatch[]>(TablesAhead);
        int start = _step;
        Task producer = Task.Run(() => Produce(batches, start, cancellation.Token));
        var (classes, bins) = (new Mean(), new Mean());
        while (_step < _options.Steps)
        {
            TableBatch[] parts;
            try
            {
                parts = batches.Take();
            }
            catch (InvalidOperationException)
            {
                producer.GetAwaiter().GetResult(); // throws what ended it
                throw;
            }

            Step(parts, classes, bins);
            _step++;
            _seconds = before + watch.Elapsed.TotalSeconds;
            if (_step % ReportInterval == 0)
            {
                Log($"step {_step}, {_seconds:F0} s, classes {classes.Take():F4}, bins {bins.Take():F4}");
            }

            if (_step % SaveInterval == 0)
                Save();
            if (_step % ValidationInterval == 0)
                Log($"step {_step}, validation {Validation.Of(Weights()).Summary()}");
        }

        Save();
        Log($"step {_step}, {_seconds:F0} s, validation {Validation.Of(Weights()).Summary()}");
        File.WriteAllBytes(Path.Combine(_folder, "prior-fitted.weights"), Weights().ToBytes());
    }

    /// <summary>The current weights.</summary>
    public NetworkWeights Weights()
    {
        using var scope = NewDisposeScope();
        return new NetworkWeights(_options.Shape, _parameters.Sets(areLeaves: false)[0].ToArrays());
    }

    private void Produce(BlockingCollection<TableBatch[]> batches, int start, CancellationToken token)
    {
        try
        {
            var source = new BatchSource(_options);
            for (int step = start; step < _options.Steps; step++)
                batches.Add(source.Of(step), token);
        }
        finally
        {
            batches.CompleteAdding();
        }
    }

    private void Step(TableBatch[] parts, Mean classes, Mean bins)
    {
        using var scope = NewDisposeScope();
        int tables = parts.Sum(part => part.Tables.Count);
        Tensor[] gradients = [.. parts.Select(_ => zeros_like(_parameters.Theta))];
        var losses = new (double Classes, double Bins)[parts.Length];
        Parallel.For(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = parts.Length }, i => losses[i] = Gradient(parts[i], gradients[i], tables));
        for (int i = 0; i < parts.Length; i++)
        {
            classes.Add(losses[i].Classes, parts[i].Classifications);
            bins.Add(losses[i].Bins, parts[i].Tables.Count - parts[i].Classifications);
            if (i > 0)
                gradients[0].Add(gradients[i], 1);
        }

        double norm = gradients[0].norm().Value();
        if (norm > _options.MaximumGradientNorm)
            gradients[0].Scale(_options.MaximumGradientNorm / norm);
        _optimizer.Step(gradients[0], _options.RateOf(_step));
    }

    private (double Classes, double Bins) Gradient(TableBatch part, Tensor gradient, int tables)
    {
        using var oneThread = new SingleIntraOpThread();
        using var scope = NewDisposeScope();
        ParameterSet[] leaves = _parameters.Sets(areLeaves: true);
        var (loss, classes, bins) = new TorchNetwork(_options.Shape, leaves[0]).Loss(part);
        loss.Times(1.0 / tables).backward();
        using var constant = no_grad();
        _parameters.CopyGradients(leaves, gradient);
        return (classes.Value(), bins.Value());
    }

    private void Save() => AtomicFile.Write(StatePath, file => Exchange(new StateExchange(file, restores: false)), _ => { });

    private void Exchange(StateExchange state)
    {
        state.Exchange(ref _step);
        state.Exchange(ref _seconds);
        _parameters.Exchange(state);
        _optimizer.Exchange(state);
    }

    private void Log(string line)
    {
        Console.WriteLine(line);
        File.AppendAllText(Path.Combine(_folder, "training.log"), line + Environment.NewLine);
    }
}
