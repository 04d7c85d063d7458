using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>An N-way K-shot episode.</summary>
/// <param name="Support">The rows for adaptation.</param>
/// <param name="Query">The rows for evaluation.</param>
internal sealed record FewShot<TRow>(TRow[] Support, TRow[] Query)
    where TRow : class, ILabeledRow
{
    /// <summary>Draws episodes of new classes.</summary>
    /// <param name="pools">[pools][classes][rows]. The classes of an episode come from one pool. The episodes use the pools in turn.</param>
    /// <param name="name">Creates a row from the data, the name of the episode and the name of the class.</param>
    /// <param name="ways">Number of classes of an episode.</param>
    /// <param name="shots">Number of support rows of each class.</param>
    /// <param name="queries">Number of query rows of each class.</param>
    /// <param name="episodes">Number of episodes.</param>
    /// <param name="random">The source of randomness.</param>
    public static FewShot<TRow>[] Draw<T>(T[][][] pools, Func<T, string, string, TRow> name, int ways, int shots, int queries, int episodes, Random random)
    {
        T[][][] large = [.. pools.Where(pool => pool.Length >= ways)];
        return [.. Enumerable.Range(0, episodes).Select(episode =>
        {
            T[][] pool = large[episode % large.Length];
            int[] classes = [.. Enumerable.Range(0, pool.Length)];
            random.Shuffle(classes);
            var support = new List<TRow>();
            var query = new List<TRow>();
            foreach (int number in classes[..ways])
            {
                T[] rows = (T[])pool[number].Clone();
                random.Shuffle(rows);
                support.AddRange(rows[..shots].Select(row => name(row, $"episode{episode}", $"class{number}")));
                query.AddRange(rows[shots..(shots + queries)].Select(row => name(row, $"episode{episode}", $"class{number}")));
            }

            return new FewShot<TRow>([.. support], [.. query]);
        })];
    }

    /// <summary>The accuracy of a meta-learner on each episode. It is adapted to all episodes at once.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">A fitted chain that maps the classes to keys.</param>
    /// <param name="episodes">All episodes.</param>
    /// <param name="schema">The columns of a row; null for those of its type.</param>
    public static double[] Adapt(MLContext ml, ITransformer model, FewShot<TRow>[] episodes, SchemaDefinition? schema = null)
    {
        ITransformer adapted = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(episodes.SelectMany(episode => episode.Support), schema));
        TRow[] query = [.. episodes.SelectMany(episode => episode.Query)];
        return [.. query.Zip(Answers(ml, adapted, query, schema)).GroupBy(pair => pair.First.Task).Select(Accuracy)];
    }

    /// <summary>The accuracy on each episode of a model that is trained only on the support of the episode.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="fit">Trains a model. Its output PredictedLabel is a key with values of Class.</param>
    /// <param name="episodes">All episodes.</param>
    /// <param name="schema">The columns of a row; null for those of its type.</param>
    public static double[] FromScratch(MLContext ml, Func<IDataView, ITransformer> fit, FewShot<TRow>[] episodes, SchemaDefinition? schema = null) => Array.ConvertAll(episodes, episode =>
        Accuracy(episode.Query.Zip(Answers(ml, fit(ml.Data.LoadFromEnumerable(episode.Support, schema)), episode.Query, schema))));

    private static IEnumerable<string> Answers(MLContext ml, ITransformer model, TRow[] rows, SchemaDefinition? schema)
    {
        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable(rows, schema));
        return ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored).Transform(scored).GetColumn<string>("PredictedLabel");
    }

    private static double Accuracy(IEnumerable<(TRow Row, string Answer)> pairs) => pairs.Average(pair => pair.Row.Class == pair.Answer ? 1.0 : 0.0);
}
