namespace MetaML;

/// <summary>What an update does if the rows of a task no longer follow its head.</summary>
public enum DriftResponse
{
    /// <summary>There is no test.</summary>
    None,

    /// <summary>The alarm is reported. The head changes as without the test.</summary>
    Report,

    /// <summary>The alarm is reported, and rows before the estimated change count a tenth.</summary>
    ForgetFaster,

    /// <summary>The alarm is reported, and the task starts again from the prior with the rows since the estimated change.</summary>
    RestartFromPrior,
}
