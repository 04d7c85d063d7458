using MetaML.Files;
using MetaML.Parameters;
using static TorchSharp.torch;

namespace MetaML.Training.Loop;

/// <summary>The parameters of an encoder and of its adapters. Trained parameters are parts of one vector θ, so that a step of the optimiser is a few operations.</summary>
/// <remarks>The tensors belong to the dispose scope in which the object is created.</remarks>
internal sealed class TrainedParameters : IResumable
{
    private readonly Entry[][] _sets;

    /// <param name="sets">Specs and initial values of each set.</param>
    /// <param name="device">The device of the tensors.</param>
    public TrainedParameters(IReadOnlyList<(IReadOnlyList<ParameterSpec> Specs, ParameterArray[] Values)> sets, Device device)
    {
        _sets = new Entry[sets.Count][];
        var factors = new List<float>();
        for (int s = 0; s < _sets.Length; s++)
        {
            var (specs, values) = sets[s];
            ParameterSet tensors = ParameterSet.FromArrays(specs, values, device);
            _sets[s] = new Entry[specs.Count];
            for (int i = 0; i < specs.Count; i++)
            {
                _sets[s][i] = new Entry(specs[i], tensors.Tensors[i], specs[i].IsTrained ? factors.Count : null);
                if (specs[i].IsTrained)
                    factors.AddRange(Enumerable.Repeat((float)specs[i].LearningRateFactor, specs[i].Count));
            }
        }

        Count = factors.Count;
        Theta = zeros(Count, device: device);
        RateFactors = tensor(factors.ToArray(), device: device);
        foreach (Entry entry in _sets.SelectMany(set => set))
            Part(Theta, entry)?.copy_(entry.Initial);
    }

    /// <summary>Number of trained values.</summary>
    public int Count { get; }

    /// <summary>θ: float [<see cref="Count"/>].</summary>
    public Tensor Theta { get; }

    /// <summary>Factor of each value on the learning rate: float [<see cref="Count"/>].</summary>
    public Tensor RateFactors { get; }

    /// <inheritdoc/>
    public void Exchange(StateExchange state) => state.Exchange(Theta);

    /// <summary>Sets θ.</summary>
    /// <param name="theta">[<see cref="Count"/>].</param>
    /// <exception cref="ArgumentException">There is another number of values.</exception>
    public void Load(float[] theta)
    {
        if (theta.Length != Count)
            throw new ArgumentException($"There must be {Count} trained values; got {theta.Length}. They belong to another model.", nameof(theta));
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        Theta.copy_(tensor(theta));
    }

    /// <summary>The sets with their current values, in the current dispose scope. They share the memory of θ.</summary>
    /// <param name="areLeaves">Whether gradients are collected in them.</param>
    public ParameterSet[] Sets(bool areLeaves) => Array.ConvertAll(_sets, set => new ParameterSet(set.Select(entry =>
        (entry.Spec.Name, Part(Theta, entry) is { } part ? part.detach().requires_grad_(areLeaves) : entry.Initial))));

    /// <summary>Writes the gradients of the leaves into a vector like θ; 0 for a leaf without gradient.</summary>
    /// <param name="leaves">The result of <see cref="Sets"/>.</param>
    /// <param name="gradient">Float [<see cref="Count"/>].</param>
    public void CopyGradients(ParameterSet[] leaves, Tensor gradient)
    {
        for (int s = 0; s < _sets.Length; s++)
        {
            for (int i = 0; i < _sets[s].Length; i++)
            {
                if (Part(gradient, _sets[s][i]) is not { } part)
                    continue;
                if (leaves[s].Tensors[i].grad is { } collected)
                    part.copy_(collected);
                else
                    part.zero_();
            }
        }
    }

    private static Tensor? Part(Tensor vector, Entry entry) =>
        entry.Offset is { } offset ? vector.narrow(0, offset, entry.Spec.Count).view(entry.Spec.Shape) : null;

    private sealed record Entry(ParameterSpec Spec, Tensor Initial, int? Offset);
}
