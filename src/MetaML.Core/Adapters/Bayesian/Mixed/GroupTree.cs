using MetaML.Data;
using MetaML.Heads;

namespace MetaML.Adapters.Bayesian.Mixed;

/// <summary>The groups of tasks, numbered.</summary>
internal sealed class GroupTree
{
    private readonly string[][] _names; // of each level, the innermost first

    private GroupTree(string[][] names, int[][] parents) => (_names, Parents) = (names, parents);

    /// <summary>The number of the innermost group of each task; then the number of the outer group of each innermost group, and so on.</summary>
    public int[][] Parents { get; }

    /// <summary>Numbers the groups.</summary>
    /// <param name="tasks">Tasks with the names of their groups, the outermost first.</param>
    /// <param name="levels">Number of levels of groups; at least one.</param>
    public static GroupTree Of(IReadOnlyList<EmbeddedTask> tasks, int levels)
    {
        string[][] names = new string[levels][], known = [.. tasks.Select(task => task.Groups.ToArray())];
        var parents = new int[levels][];
        string[][] children = known; // the path of each node of the level before
        for (int level = 0; level < levels; level++)
        {
            var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
            var paths = new List<string[]>();
            parents[level] = Array.ConvertAll(children, path =>
            {
                if (numbers.TryAdd(path[^1], numbers.Count))
                    paths.Add(path[..^1]);
                return numbers[path[^1]];
            });
            names[level] = [.. numbers.Keys];
            children = [.. paths];
        }

        return new GroupTree(names, parents);
    }

    /// <summary>The priors of the groups after a search.</summary>
    /// <param name="search">The search.</param>
    /// <param name="design">The coefficients.</param>
    /// <param name="columns">The names of the levels, the outermost first.</param>
    public GroupPriors Priors(NestedSearch search, MixedDesign design, IReadOnlyList<string> columns)
    {
        double variance = search.Prior.Varying.NoiseVariance;
        NestedRegression.Effect[][] effects = search.Posterior.Descend(1 / variance).Effects;
        var levels = new List<GroupPriors.Level>();
        double[] inner = new double[design.Width * design.Width]; // Σ of the levels between tasks and the groups of this level
        for (int level = 1; level <= _names.Length; level++)
        {
            double[] between = [.. inner];
            int below = level - 1;
            levels.Insert(0, new GroupPriors.Level(columns[_names.Length - level], Array.ConvertAll(design.Spread(search.CovarianceOf(level)), value => (float)value), _names[below].Select((name, i) =>
            {
                NestedRegression.Effect effect = effects[level][i];
                double[] covariance = [.. between.Zip(effect.Covariance, (own, outer) => own + variance * outer)];
                float[] deviations = [.. Enumerable.Range(0, design.Width).Select(j => (float)Math.Sqrt(Math.Max(variance * effect.Own[j * (design.Width + 1)], 0)))];
                string parent = level == _names.Length ? "" : _names[level][Parents[level][i]];
                return KeyValuePair.Create(name, new GroupPriors.Group(parent, deviations, TaskPrior.Of(effect.Mean, covariance)));
            }).ToDictionary(StringComparer.Ordinal)));
            inner = [.. inner.Zip(design.Spread(search.CovarianceOf(level)), (sum, own) => sum + own)];
        }

        return new GroupPriors(levels, TaskPrior.Of(new double[design.Width], inner));
    }

    /// <summary>The prior of each training task given all others.</summary>
    /// <param name="search">The search.</param>
    /// <param name="count">Number of tasks.</param>
    public static TaskPrior[] TaskPriors(NestedSearch search, int count)
    {
        double variance = search.Prior.Varying.NoiseVariance;
        var priors = new TaskPrior[count];
        Numerics.ParallelLoop.For(count, t =>
        {
            NestedRegression.Effect effect = search.Posterior.Without(t);
            priors[t] = TaskPrior.Of(effect.Mean, Array.ConvertAll(effect.Covariance, value => value * variance));
        });
        return priors;
    }
}
