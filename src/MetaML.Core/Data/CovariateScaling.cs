namespace MetaML.Data;

/// <summary>Standardises the covariates of tasks: each gets mean 0 and standard deviation 1 over the training tasks, of which each counts once.</summary>
/// <param name="scaling">The scaling, with a shift.</param>
internal sealed class CovariateScaling(FeatureScaling scaling)
{
    /// <summary>The mean of each covariate, which is subtracted.</summary>
    public float[] Shift => scaling.Shift!;

    /// <summary>The factor of each covariate; 0 for one that is the same in all training tasks.</summary>
    public float[] Scale => scaling.Scale;

    /// <summary>The scaling of the covariates of a set; null if its tasks have none.</summary>
    public static CovariateScaling? Fit(TaskSet set)
    {
        if (set.CovariateNames.Count == 0 || set.Tasks.Count == 0)
            return null;
        var rows = new DenseFeatureStore(set.CovariateNames.Count);
        foreach (LearningTask task in set.Tasks)
            rows.Add(new FeatureRow(task.Covariates));
        return new CovariateScaling(FeatureScaling.Fit(rows));
    }

    /// <summary>Standardised covariates.</summary>
    public float[] Apply(ReadOnlySpan<float> covariates)
    {
        var values = new float[covariates.Length];
        scaling.Apply(new FeatureRow(covariates), values);
        return values;
    }

    /// <summary>The tasks with standardised covariates.</summary>
    public TaskSet Apply(TaskSet set) => set.With([.. set.Tasks.Select(task => task.WithCovariates(Apply(task.Covariates)))]);
}
