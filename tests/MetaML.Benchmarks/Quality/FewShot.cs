using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>An N-way K-shot episode.</summary>
/// <param name="Support">The rows to adapt on.</param>
/// <param name="Query">The rows to be judged on.</param>
internal sealed record FewShot<TRow>(TRow[] Support, TRow[] Query)
    where TRow : class, ILabeledRow
{
    /// <summary>Draws episodes of classes that no training task had.</summary>
    /// <param name="pools">[pools][classes][rows]: an episode's classes come from one pool; the pools take turns.</param>
    /// <param name="name">Gives a row the names of its episode and of its class.</param>
    /// <param name="ways">Classes of an episode.</param>
    /// <param name="shots">Support rows of each class.</param>
    /// <param name="queries">Query rows of each class.</param>
    /// <param name="episodes">How many.</param>
    /// <param name="random">Draws them.</param>
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

    /// <summary>The accuracy of each episode by a meta-learner, adapted to all of them at once.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">A fitted chain that makes its keys itself.</param>
    /// <param name="episodes">All episodes.</param>
    public static double[] Adapt(MLContext ml, ITransformer model, FewShot<TRow>[] episodes)
    {
        ITransformer adapted = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(episodes.SelectMany(episode => episode.Support)));
        TRow[] query = [.. episodes.SelectMany(episode => episode.Query)];
        return [.. query.Zip(Answers(ml, adapted, query)).GroupBy(pair => pair.First.Task).Select(Accuracy)];
    }

    /// <summary>The accuracy of each episode by a model of its support alone.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="fit">Predicts the key PredictedLabel, a value of Class.</param>
    /// <param name="episodes">All episodes.</param>
    public static double[] FromScratch(MLContext ml, Func<IDataView, ITransformer> fit, FewShot<TRow>[] episodes) => Array.ConvertAll(episodes, episode =>
        Accuracy(episode.Query.Zip(Answers(ml, fit(ml.Data.LoadFromEnumerable(episode.Support)), episode.Query))));

    private static IEnumerable<string> Answers(MLContext ml, ITransformer model, TRow[] rows)
    {
        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable(rows));
        return ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(scored).Transform(scored).GetColumn<string>("PredictedLabel");
    }

    private static double Accuracy(IEnumerable<(TRow Row, string Answer)> pairs) => pairs.Average(pair => pair.Row.Class == pair.Answer ? 1.0 : 0.0);
}
