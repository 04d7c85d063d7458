using Microsoft.ML;
using Microsoft.ML.Data;

namespace MetaML.Benchmarks.Quality;

/// <summary>N-way K-shot episodes on classes that no training task had.</summary>
internal static class FewShot
{
    /// <summary>The accuracy of each episode: adapted on <paramref name="shots"/> rows of each of <paramref name="ways"/> classes, judged on <paramref name="queries"/> others of each.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="model">Takes rows of T with the columns Task and Class, and predicts the key PredictedLabel.</param>
    /// <param name="pools">[pools][classes][rows]: an episode's classes come from one pool.</param>
    /// <param name="name">Gives a copy of a row the names of its episode and of its class.</param>
    /// <param name="ways">Classes of an episode.</param>
    /// <param name="shots">Support rows of each class.</param>
    /// <param name="queries">Query rows of each class.</param>
    /// <param name="episodes">How many are drawn, the pools in turn.</param>
    /// <param name="random">Draws them.</param>
    public static double[] Accuracies<TRow, TNamed>(
        MLContext ml, ITransformer model, TRow[][][] pools, Func<TRow, string, string, TNamed> name, int ways, int shots, int queries, int episodes, Random random)
        where TNamed : class
    {
        var support = new List<TNamed>();
        var query = new List<TNamed>();
        var answers = new List<(int Episode, string Class)>();
        TRow[][][] large = [.. pools.Where(pool => pool.Length >= ways)];
        for (int episode = 0; episode < episodes; episode++)
        {
            TRow[][] pool = large[episode % large.Length];
            int[] classes = [.. Enumerable.Range(0, pool.Length)];
            random.Shuffle(classes);
            foreach (int number in classes[..ways])
            {
                TRow[] rows = (TRow[])pool[number].Clone();
                random.Shuffle(rows);
                support.AddRange(rows[..shots].Select(row => name(row, $"episode{episode}", $"class{number}")));
                query.AddRange(rows[shots..(shots + queries)].Select(row => name(row, $"episode{episode}", $"class{number}")));
                answers.AddRange(Enumerable.Repeat((episode, $"class{number}"), queries));
            }
        }

        ITransformer adapted = ml.MetaLearning().Adapt(model, ml.Data.LoadFromEnumerable(support));
        IDataView scored = ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(adapted.Transform(ml.Data.LoadFromEnumerable(query))).Transform(adapted.Transform(ml.Data.LoadFromEnumerable(query)));
        return [.. answers.Zip(scored.GetColumn<string>("PredictedLabel")).GroupBy(pair => pair.First.Episode).Select(group => group.Average(pair => pair.First.Class == pair.Second ? 1.0 : 0.0))];
    }
}
