using System.Numerics.Tensors;
using MetaML.Data;
using MetaML.Heads;
using MetaML.Models;
using MetaML.Numerics;

namespace MetaML.Relatedness;

/// <summary>Measures the relatedness of tasks with a trained model.</summary>
internal static class RelatednessAnalysis
{
    /// <summary>Compares all tasks with each other.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">Tasks with the model's label kind and number of features. Each needs at least two rows.</param>
    /// <param name="measure">The measure of relatedness.</param>
    /// <param name="cancellationToken">Stops between tasks.</param>
    /// <exception cref="ArgumentException">Label kind, features, classes or the measure do not match the model.</exception>
    /// <exception cref="InvalidOperationException">A task has fewer than two rows.</exception>
    public static TaskRelatedness Compare(MetaModel model, TaskSet data, RelatednessMeasure measure = RelatednessMeasure.Functional, CancellationToken cancellationToken = default)
    {
        model.CheckFits(data);
        if (!Enum.IsDefined(measure))
            throw new ArgumentException($"The measure must be one of {string.Join(", ", Enum.GetNames<RelatednessMeasure>())}; got {measure}.", nameof(measure));
        if (!model.HasCommonOutputs && measure != RelatednessMeasure.Representations)
            throw new ArgumentException($"The measure must be {RelatednessMeasure.Representations} if each task has its own classes; got {measure}. The head of one task cannot score the classes of another. Choose {RelatednessMeasure.Representations}.", nameof(measure));
        if (data.Tasks.FirstOrDefault(task => task.RowCount < 2) is { } small)
            throw new InvalidOperationException($"Each task must have at least two rows; got {small.RowCount} in task '{small.Name}'. Its two halves could not be compared. Remove the task, or add rows.");
        double[,] values = measure switch
        {
            RelatednessMeasure.Functional => Functional(model, data, cancellationToken),
            RelatednessMeasure.Heads => Cosines(HeadChanges(model, data, cancellationToken)),
            _ => Cosines(MeanEmbeddings(model, data, cancellationToken)),
        };
        return new TaskRelatedness(measure, [.. data.Tasks.Select(task => task.Name)], values);
    }

    private static double[,] Functional(MetaModel model, TaskSet data, CancellationToken cancellationToken)
    {
        int tasks = data.Tasks.Count;
        LearningTask[] even = [.. data.Tasks.Select(task => Half(task, 0))], odd = [.. data.Tasks.Select(task => Half(task, 1))];
        IReadOnlyList<AdaptedTask> whole = model.Adapt(data, cancellationToken: cancellationToken);
        IReadOnlyList<AdaptedTask> onEven = model.Adapt(data.With(even), cancellationToken: cancellationToken), onOdd = model.Adapt(data.With(odd), cancellationToken: cancellationToken);
        var values = new double[tasks, tasks];
        Parallel.For(0, tasks, new ParallelOptions { CancellationToken = cancellationToken }, to =>
        {
            MetaScorer scorer = model.CreateScorer();
            LearningTask task = data.Tasks[to];
            double Loss(AdaptedTask adapted, LearningTask on) => on.WeightedMean(i => ScoreLoss.Of(model.Kind, scorer.Score(adapted, data.Features[on.Rows[i]]), on.Labels[i] / (on.Exposures?[i] ?? 1)));
            double prior = Loss(model.Prior!, task);
            for (int from = 0; from < tasks; from++)
            {
                values[from, to] = from != to
                    ? Gain(Loss(whole[from], task), prior)
                    : Gain(Loss(onEven[to], odd[to]) + Loss(onOdd[to], even[to]), Loss(model.Prior!, odd[to]) + Loss(model.Prior!, even[to]));
            }
        });
        return values;
    }

    private static double Gain(double loss, double before) => before > 0 ? 1 - loss / before : 0;

    private static LearningTask Half(LearningTask task, int rest) => task.Take([.. Enumerable.Range(0, task.RowCount).Where(i => i % 2 == rest)]);

    // The difference of each head from the prior head, Lᵀ(w − w₀) with LLᵀ the second moments of the rows. In these coordinates,
    // the length of a vector is the root mean square of the difference of scores over all rows.
    private static double[][] HeadChanges(MetaModel model, TaskSet data, CancellationToken cancellationToken)
    {
        IReadOnlyList<AdaptedTask> adapted = model.Adapt(data, cancellationToken: cancellationToken);
        if (adapted.Any(task => task.EncoderParameters is not null))
            throw new ArgumentException($"The measure must not be {RelatednessMeasure.Heads} if adaptation changes the encoder; got it. Heads of different encoders cannot be compared. Use {RelatednessMeasure.Functional}.", nameof(data));
        if (adapted.Any(task => task.Head.Term is not null))
            throw new ArgumentException($"The measure must not be {RelatednessMeasure.Heads} if heads are not linear; got it. Their weights do not describe them. Use {RelatednessMeasure.Functional}.", nameof(data));

        int width = model.EmbeddingDimension + 1;
        double[] factor = SecondMoments(model, data, width);
        Cholesky.Factor(factor, width);
        LinearHead prior = model.Prior!.Head;
        return [.. adapted.Select(task =>
        {
            var change = new double[task.Head.OutputCount * width];
            for (int k = 0; k < task.Head.OutputCount; k++)
            {
                for (int i = 0; i < width; i++)
                {
                    double difference = i < width - 1
                        ? (double)task.Head.Weights[k * (width - 1) + i] - prior.Weights[k * (width - 1) + i]
                        : (double)task.Head.Bias[k] - prior.Bias[k];
                    for (int j = 0; j <= i; j++)
                        change[k * width + j] += factor[i * width + j] * difference;
                }
            }

            return change;
        })];
    }

    private static double[] SecondMoments(MetaModel model, TaskSet data, int width)
    {
        MetaScorer scorer = model.CreateScorer();
        var moments = new double[width * width];
        var row = new double[width];
        row[^1] = 1;
        int count = 0;
        foreach (int number in data.Tasks.SelectMany(task => task.Rows))
        {
            TensorPrimitives.ConvertTruncating(scorer.Embed(data.Features[number]), row.AsSpan(0, width - 1));
            for (int i = 0; i < width; i++)
                TensorPrimitives.MultiplyAdd(row.AsSpan(0, i + 1), row[i], moments.AsSpan(i * width, i + 1), moments.AsSpan(i * width, i + 1));
            count++;
        }

        double scale = Enumerable.Range(0, width).Average(i => moments[i * width + i]) / count;
        for (int i = 0; i < moments.Length; i++)
            moments[i] = moments[i] / count + (i % (width + 1) == 0 ? 1e-9 * scale : 0); // keeps the matrix positive definite if a feature never varies
        return moments;
    }

    private static double[][] MeanEmbeddings(MetaModel model, TaskSet data, CancellationToken cancellationToken)
    {
        var means = new double[data.Tasks.Count][];
        Parallel.For(0, means.Length, new ParallelOptions { CancellationToken = cancellationToken }, t =>
        {
            MetaScorer scorer = model.CreateScorer();
            means[t] = new double[model.EmbeddingDimension];
            foreach (int number in data.Tasks[t].Rows)
            {
                ReadOnlySpan<float> embedding = scorer.Embed(data.Features[number]);
                for (int i = 0; i < embedding.Length; i++)
                    means[t][i] += embedding[i] / (double)data.Tasks[t].RowCount;
            }
        });
        double[] centre = [.. Enumerable.Range(0, model.EmbeddingDimension).Select(i => means.Average(mean => mean[i]))];
        return [.. means.Select(mean => mean.Zip(centre, (value, middle) => value - middle).ToArray())];
    }

    // The cosine with a vector of length 0 is 0. Such a task does not differ from the prior.
    private static double[,] Cosines(double[][] vectors)
    {
        double[] norms = Array.ConvertAll(vectors, vector => Math.Sqrt(TensorPrimitives.Dot<double>(vector, vector)));
        var cosines = new double[vectors.Length, vectors.Length];
        for (int i = 0; i < vectors.Length; i++)
        {
            for (int j = 0; j < vectors.Length; j++)
                cosines[i, j] = i == j ? 1 : norms[i] * norms[j] > 0 ? Math.Clamp(TensorPrimitives.Dot<double>(vectors[i], vectors[j]) / (norms[i] * norms[j]), -1, 1) : 0;
        }

        return cosines;
    }
}
