using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace MetaML.Benchmarks.Speed;

/// <summary>The usual implementation of meta-training, as in the examples of learn2learn, in TorchSharp. It processes one task after the other with automatic differentiation, and then makes one optimiser step.</summary>
internal sealed class TaskLoop : IDisposable
{
    private const double InnerRate = 0.01;

    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Parameter[] _parameters;
    private readonly optim.Optimizer _optimizer;

    /// <param name="widths">Widths of the encoder's layers. All layers except the last have a rectifier.</param>
    /// <param name="outputs">Number of outputs of the head if the head is a parameter; otherwise null.</param>
    public TaskLoop(int[] widths, int? outputs)
    {
        int[] all = outputs is { } head ? [.. widths, head] : widths;
        _parameters = [.. all.Zip(all.Skip(1)).SelectMany(size => new[] { new Parameter(randn(size.Second, size.First) * Math.Sqrt(2.0 / size.First)), new Parameter(zeros(size.Second)) })];
        _optimizer = optim.Adam(_parameters, 0.001);
    }

    /// <summary>The rows of a task: features [rows, features], labels [rows] or [rows, 1].</summary>
    public sealed record Task(Tensor Support, Tensor SupportLabels, Tensor Query, Tensor QueryLabels);

    /// <summary>Makes one outer step.</summary>
    /// <param name="tasks">The meta-batch.</param>
    /// <param name="lossOf">Adapts to the support of a task and returns its query loss.</param>
    public void Step(IReadOnlyList<Task> tasks, Func<Task, Tensor> lossOf)
    {
        using var scope = NewDisposeScope();
        _optimizer.zero_grad();
        foreach (Task task in tasks)
        {
            using var inner = NewDisposeScope();
            (lossOf(task) / tasks.Count).backward();
        }

        _optimizer.step();
    }

    /// <summary>MAML: gradient steps on all parameters, second order.</summary>
    public Tensor Maml(Task task, int steps)
    {
        Tensor[] adapted = _parameters;
        for (int step = 0; step < steps; step++)
        {
            Tensor loss = nn.functional.mse_loss(Scores(task.Support, adapted), task.SupportLabels);
            IList<Tensor> gradients = autograd.grad([loss], adapted, retain_graph: true, create_graph: true);
            adapted = [.. adapted.Zip(gradients, (value, gradient) => value - InnerRate * gradient)];
        }

        return nn.functional.mse_loss(Scores(task.Query, adapted), task.QueryLabels);
    }

    /// <summary>ANIL: gradient steps on the last layer, second order.</summary>
    public Tensor Anil(Task task, int steps)
    {
        Tensor[] body = _parameters[..^2], head = _parameters[^2..];
        Tensor support = Forward(task.Support, body), query = Forward(task.Query, body);
        for (int step = 0; step < steps; step++)
        {
            Tensor loss = nn.functional.cross_entropy(nn.functional.linear(support, head[0], head[1]), task.SupportLabels);
            IList<Tensor> gradients = autograd.grad([loss], head, retain_graph: true, create_graph: true);
            head = [.. head.Zip(gradients, (value, gradient) => value - InnerRate * gradient)];
        }

        return nn.functional.cross_entropy(nn.functional.linear(query, head[0], head[1]), task.QueryLabels);
    }

    /// <summary>R2-D2: ridge regression on the embeddings.</summary>
    public Tensor Ridge(Task task, int classes)
    {
        Tensor support = Forward(task.Support, _parameters), query = Forward(task.Query, _parameters);
        Tensor labels = nn.functional.one_hot(task.SupportLabels, classes).to(ScalarType.Float32);
        Tensor head = support.t().mm(linalg.solve(support.mm(support.t()) + eye(support.shape[0]), labels));
        return nn.functional.cross_entropy(query.mm(head) * 6, task.QueryLabels);
    }

    /// <summary>Prototypical network.</summary>
    public Tensor Prototypes(Task task, int classes)
    {
        Tensor support = Forward(task.Support, _parameters), query = Forward(task.Query, _parameters);
        Tensor means = support.view(classes, -1, support.shape[1]).mean([1L]);
        return nn.functional.cross_entropy(-(query.unsqueeze(1) - means.unsqueeze(0)).pow(2).sum(-1L), task.QueryLabels);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _scope.Dispose();
    }

    private static Tensor Scores(Tensor rows, Tensor[] parameters) => nn.functional.linear(Forward(rows, parameters[..^2]), parameters[^2], parameters[^1]);

    private static Tensor Forward(Tensor rows, Tensor[] parameters)
    {
        Tensor hidden = rows;
        for (int l = 0; l < parameters.Length; l += 2)
        {
            hidden = nn.functional.linear(hidden, parameters[l], parameters[l + 1]);
            if (l + 2 < parameters.Length)
                hidden = hidden.relu();
        }

        return hidden;
    }
}
