using System.Numerics.Tensors;
using MetaML.Heads;
using MetaML.Numerics;
using static TorchSharp.torch;

namespace MetaML.Adapters.ClosedForm;

/// <summary>The covariances of embeddings within classes, W, and of the centres of classes within tasks, B. Each is pooled over tasks.</summary>
/// <param name="dimension">Number of values of an embedding.</param>
internal sealed class ClassCovariances(int dimension)
{
    private const int ClassesOfEpisode = 20, MostEpisodes = 50;
    private const double LeastLogScale = -12, MostLogScale = 3;
    private const int SearchSteps = 20; // to a thousandth

    private readonly List<(float[] Support, float[] Query)[]> _episodes = []; // [episodes][classes]
    private double[]? _within;
    private double[]? _between;
    private double _withinFreedom, _betweenFreedom, _meanInverseRows;

    /// <summary>Adds the rows of a task. A class with a single row says nothing of W.</summary>
    public void Add(EmbeddedTask task)
    {
        int[][] classes = [.. Enumerable.Range(0, task.RowCount).GroupBy(row => (int)task.Labels[row]).Where(rows => rows.Count() > 1).OrderBy(rows => rows.Key).Select(rows => rows.ToArray())];
        if (classes.Length < 2)
            return;

        TorchRuntime.EnsureLoaded();
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        Tensor within = Sum(ref _within), between = Sum(ref _between), centres = zeros(classes.Length, dimension, dtype: ScalarType.Float64);
        for (int k = 0; k < classes.Length; k++)
        {
            using var inner = NewDisposeScope();
            Tensor rows = tensor(classes[k].SelectMany(row => task.Row(row).ToArray()).ToArray(), [classes[k].Length, dimension]).to(ScalarType.Float64);
            Tensor centre = rows.mean([0L], true);
            Tensor rest = rows - centre;
            within.copy_(within.Plus(rest.t().mm(rest)));
            centres.narrow(0, k, 1).copy_(centre);
            _withinFreedom += classes[k].Length - 1;
            _meanInverseRows += 1.0 / classes[k].Length;
        }

        centres = centres - centres.mean([0L], true);
        between = between.Plus(centres.t().mm(centres));
        _betweenFreedom += classes.Length - 1;
        within.data<double>().CopyTo(_within);
        between.contiguous().data<double>().CopyTo(_between);

        // Episodes of one support row and one query row of each class.
        var random = new Random(_episodes.Count);
        random.Shuffle(classes);
        foreach (int[][] some in classes.Chunk(ClassesOfEpisode).Where(some => some.Length > 1).Take(MostEpisodes - _episodes.Count))
            _episodes.Add(Array.ConvertAll(some, rows => (task.Row(rows[0]).ToArray(), task.Row(rows[1]).ToArray())));
    }

    /// <summary>T and λ with TᵀWT = 1 and TᵀBT = diag(λ): [dimension, dimension] and [dimension]; null if no task has two classes with two rows.</summary>
    public (float[] Transform, float[] Ratios)? Diagonalize()
    {
        if (_within is null || _within.Sum(Math.Abs) == 0)
            return null;
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        Tensor within = Sum(ref _within).Times(1 / _withinFreedom), between = Sum(ref _between).Times(1 / _betweenFreedom);
        Tensor noise = within.Times(_meanInverseRows / (_betweenFreedom + 1)); // of the centres
        Tensor ridge = eye(dimension, dtype: ScalarType.Float64) * (within.trace() / tensor((double)dimension, dtype: ScalarType.Float64));
        Tensor lower = linalg.cholesky(within.Plus(ridge));
        Tensor half = linalg.solve_triangular(lower, (between - noise).Plus(ridge), upper: false);
        Tensor whitened = linalg.solve_triangular(lower, half.t().contiguous(), upper: false);
        var (values, vectors) = linalg.eigh(whitened.Plus(whitened.t()).Times(0.5));
        Tensor transform = linalg.solve_triangular(lower.t().contiguous(), vectors, upper: true);
        return ([.. transform.contiguous().to(ScalarType.Float32).data<float>()], [.. values.ClampMin(0).to(ScalarType.Float32).data<float>()]);
    }

    /// <summary>The logarithm of the factor of scores with the least log-loss on episodes of the tasks that were added.</summary>
    /// <param name="adapt">The head of an episode, for the factor 1.</param>
    public double LogScale(Func<EmbeddedTask, LinearHead> adapt)
    {
        double[][][] scores = [.. _episodes.Select(episode =>
        {
            float[] ones = [.. Enumerable.Repeat(1f, episode.Length)];
            LinearHead head = adapt(new EmbeddedTask(episode.SelectMany(pair => pair.Support).ToArray(), dimension, [.. Enumerable.Range(0, episode.Length).Select(k => (float)k)], ones, episode.Length));
            return Array.ConvertAll(episode, pair => Enumerable.Range(0, episode.Length)
                .Select(k => (double)TensorPrimitives.Dot<float>(head.Weights.AsSpan(k * dimension, dimension), pair.Query) + head.Bias[k]).ToArray());
        })];

        double Loss(double logScale)
        {
            double scale = Math.Exp(logScale), loss = 0;
            foreach (double[][] episode in scores)
            {
                for (int k = 0; k < episode.Length; k++)
                {
                    double most = episode[k].Max();
                    loss += Math.Log(episode[k].Sum(score => Math.Exp(scale * (score - most)))) - scale * (episode[k][k] - most);
                }
            }

            return loss;
        }

        return GoldenSection.Minimum(Loss, LeastLogScale, MostLogScale, SearchSteps); // the loss is convex in the factor, so that it has one minimum
    }

    private Tensor Sum(ref double[]? values) => tensor(values ??= new double[dimension * dimension], [dimension, dimension]);
}
