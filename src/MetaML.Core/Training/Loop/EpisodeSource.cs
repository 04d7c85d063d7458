using MetaML.Data;
using MetaML.Episodes;
using MetaML.Options;

namespace MetaML.Training.Loop;

/// <summary>The samplers of training and validation episodes. No query row of validation is used in training.</summary>
/// <param name="Training">Draws training episodes.</param>
/// <param name="Validation">Draws validation episodes; null if nothing could be held out.</param>
/// <param name="TrainingPools">The rows that validation never evaluates on.</param>
internal sealed record EpisodeSource(IEpisodeSampler Training, IEpisodeSampler? Validation, IReadOnlyList<EpisodePool> TrainingPools)
{
    private const int FewestTasksToHoldOut = 10;

    // So many tasks that are held out at once tell learners apart as well as all tasks would.
    private const int ManyHeldOut = 200;

    /// <summary>Whether whole tasks are held out, and not rows or classes of the training tasks.</summary>
    public bool HoldsOutTasks { get; private init; }

    /// <summary>The rows of validation episodes; none if nothing could be held out, or if classes are held out.</summary>
    public IReadOnlyList<EpisodePool> ValidationPools { get; private init; } = [];

    /// <summary>The other parts of a cross-validation, which hold out the tasks or rows that this one trains on; none if classes are held out, or if many tasks are held out already.</summary>
    public IReadOnlyList<EpisodeSource> OtherFolds { get; private init; } = [];

    /// <summary>Holds out tasks if there are ten or more, else rows of each task; classes if tasks are drawn from classes.</summary>
    /// <param name="set">The tasks.</param>
    /// <param name="options">The share that is held out.</param>
    /// <param name="random">The only source of randomness.</param>
    /// <param name="log">Receives decisions with their reasons; may be null.</param>
    /// <param name="warn">Receives the names of tasks that are left out; may be null.</param>
    /// <param name="fewestTasks">Two, or one if the encoder is shared with other problems, or if the adapter learns one task.</param>
    /// <exception cref="InvalidOperationException">Too few tasks can form an episode.</exception>
    public static EpisodeSource Split(TaskSet set, MetaTrainingOptions options, Random random, Action<string>? log, Action<string>? warn, int fewestTasks = 2)
    {
        if (set.Tasks.Count == 0)
            throw new InvalidOperationException("Training data must have labelled rows; got none. There is nothing to learn from. Check the filter, the file, and that labels are not missing.");
        return options.Episodes.Ways is null ? SplitTasks(set, options, random, log, warn, fewestTasks) : SplitClasses(set, options, random, log, warn);
    }

    private static EpisodeSource SplitTasks(TaskSet set, MetaTrainingOptions options, Random random, Action<string>? log, Action<string>? warn, int fewestTasks)
    {
        if (set.Tasks.Count < fewestTasks)
            throw new InvalidOperationException($"Training data must have at least two tasks; got one, '{set.Tasks[0].Name}'. There is nothing to learn across. Check the Task column, draw tasks from classes with Episodes.Ways, or refer to the package MetaML.Pretrained, whose network learns one task.");

        EpisodePool[] pools = [.. set.Tasks.Select(EpisodePool.Whole)];
        EpisodePool[] usable = [.. pools.Where(pool => pool.CanFormEpisode(set))];
        string[] left = [.. pools.Except(usable).Select(pool => pool.Task.Name)];
        string names = NameList.Of(left);
        string needs = set.HasCommonOutputs ? "two rows" : "rows of two classes, and a row to spare";
        if (usable.Length < fewestTasks)
            throw new InvalidOperationException($"At least {(fewestTasks == 1 ? "one task" : "two tasks")} must be able to form an episode ({needs}); got {usable.Length} of {pools.Length}. Tasks that cannot: {names}. Give each task more labelled rows.");
        if (set.Kind != LabelKind.Regression && IsOneClass(usable))
            throw new InvalidOperationException($"Training rows must be of at least two classes; got one class in all {usable.Length} tasks. There is nothing to tell apart. Add rows of another class, or check the Label column.");
        if (left.Length > 0)
            warn?.Invoke($"{left.Length} of {pools.Length} tasks cannot form an episode (too few rows, or one class where each task has its own) and are not trained on: {names}.");

        if (options.ValidationFraction == 0)
            return new(Sampler(set, usable, options), null, pools);

        if (usable.Length >= FewestTasksToHoldOut && !options.HoldsOutRows)
        {
            random.Shuffle(usable);
            int held = Math.Max(2, (int)Math.Round(options.ValidationFraction * usable.Length));
            log?.Invoke($"Validation: {held} of {usable.Length} tasks are held out.");
            EpisodeSource HoldOut(Range range) => new(
                Sampler(set, usable.Except(usable[range]), options),
                Sampler(set, usable[range], options),
                [.. pools.Except(usable[range])]) { HoldsOutTasks = true, ValidationPools = usable[range] };
            return HoldOut(..held) with { OtherFolds = held >= ManyHeldOut ? [] : [.. FoldsAfter(held, usable.Length).Select(HoldOut)] };
        }

        int[] rank = RowSampler.Some(set.Features.RowCount, set.Features.RowCount, random); // one order for all tasks, so that tasks on the same rows hold out the same rows
        int folds = options.ValidationFraction > 0.5 ? 1 : (int)Math.Round(1 / options.ValidationFraction);
        EpisodeSource[] sources = [.. Enumerable.Range(0, folds).Select(fold => HoldOutRows(set, usable, options, rank, fold))];
        log?.Invoke($"Validation: {options.ValidationFraction:P0} of the rows of {sources[0].ValidationPools.Count} of {usable.Length} tasks are held out, since {(options.HoldsOutRows ? "the same tasks are scored later" : $"there are fewer than {FewestTasksToHoldOut} tasks")}.");
        return sources[0] with { OtherFolds = sources[1..] };
    }

    // The tasks after the first fold, in parts of nearly the same size as the first fold.
    private static IEnumerable<Range> FoldsAfter(int held, int count)
    {
        int rest = count - held, folds = rest / held;
        return Enumerable.Range(0, folds).Select(fold => (held + rest * fold / folds)..(held + rest * (fold + 1) / folds));
    }

    private static EpisodeSource HoldOutRows(TaskSet set, EpisodePool[] usable, MetaTrainingOptions options, int[] rank, int fold)
    {
        var training = new List<EpisodePool>();
        var validation = new List<EpisodePool>();
        foreach (EpisodePool pool in usable)
        {
            int[] order = [.. pool.Support.OrderBy(i => rank[set.Features.OriginOf(pool.Task.Rows[i])])];
            int held = (int)Math.Round(options.ValidationFraction * order.Length), first = Math.Min(fold * held, order.Length - held);
            var kept = new EpisodePool(pool.Task, [.. order[..first], .. order[(first + held)..]]);
            bool canSpare = held > 0 && kept.CanFormEpisode(set);
            training.Add(canSpare ? kept : pool);
            if (canSpare)
                validation.Add(kept with { Query = order[first..(first + held)] });
        }

        return new(
            Sampler(set, training, options),
            validation.Count > 0 ? Sampler(set, validation, options) : null,
            training) { ValidationPools = validation };
    }

    private static RowSampler Sampler(TaskSet set, IEnumerable<EpisodePool> pools, MetaTrainingOptions options) => new(set.Kind, pools, options.Episodes, set.HasCommonOutputs);

    private static bool IsOneClass(IEnumerable<EpisodePool> pools) => pools.SelectMany(pool => pool.Support, (pool, i) => pool.Task.Labels[i]).Distinct().Take(2).Count() < 2;

    private static EpisodeSource SplitClasses(TaskSet set, MetaTrainingOptions options, Random random, Action<string>? log, Action<string>? warn)
    {
        var all = new ClassSampler(set.Tasks, options.Episodes);
        if (all.IsEmpty)
            throw new InvalidOperationException($"Episodes.Ways must be at most the number of classes that have a row more than Episodes.Shots, in some task; got {options.Episodes.Ways}. No episode can be drawn. Lower Ways or Shots.");
        if (options.ValidationFraction == 0)
            return new(all, null, [.. set.Tasks.Select(EpisodePool.Whole)]);

        var kept = new List<EpisodePool>();
        var validation = new List<LearningTask>();
        foreach (LearningTask task in set.Tasks)
        {
            int[] classes = [.. task.Labels.Select(label => (int)label).Distinct().Order()];
            random.Shuffle(classes);
            int held = (int)Math.Round(options.ValidationFraction * classes.Length);
            bool canSpare = held >= options.Episodes.Ways && classes.Length - held >= options.Episodes.Ways;
            HashSet<int> heldClasses = canSpare ? [.. classes[..held]] : [];
            ILookup<bool, int> positions = Enumerable.Range(0, task.RowCount).ToLookup(i => heldClasses.Contains((int)task.Labels[i]));
            kept.Add(new EpisodePool(task, [.. positions[false]]));
            if (canSpare)
                validation.Add(task.Take([.. positions[true]]));
        }

        var source = new EpisodeSource(new ClassSampler(kept.Select(pool => pool.Task.Take(pool.Support)), options.Episodes), new ClassSampler(validation, options.Episodes), kept);
        if (source is { Training: ClassSampler { IsEmpty: false }, Validation: ClassSampler { IsEmpty: false } })
        {
            log?.Invoke($"Validation: {options.ValidationFraction:P0} of the classes of {validation.Count} of {set.Tasks.Count} pools are held out.");
            return source;
        }

        warn?.Invoke("There are too few classes to hold some out: training runs without validation, to its last iteration.");
        return new(all, null, [.. set.Tasks.Select(EpisodePool.Whole)]);
    }
}
