using MetaML.TestKit;
using Xunit;

namespace MetaML.Extensions.Tests.Reliability;

/// <summary>Processes that are killed (SIGKILL) or have a full disk. This is the short form of the benchmark "checkpoints".</summary>
public sealed class InterruptedProcessTests
{
    [LinuxFact]
    public void Training_Killed_GoesOnToTheSameBits()
    {
        var (steps, sameBits) = InterruptedTraining.Kill(2, new Random(1));
        Assert.True(sameBits, $"{steps} steps");
    }

    [LinuxFact]
    public void Training_DiskFullMeanwhile_WarnsAndLosesNothing()
    {
        var (warning, sameBits) = InterruptedTraining.FillDisk();
        Assert.Contains("Training continues, and the last written checkpoint remains.", warning);
        Assert.True(sameBits);
    }

    [LinuxFact]
    public void Training_OtherThreadsOfTheProcess_SameBits() => Assert.True(InterruptedTraining.IsIndifferentTo("OMP_NUM_THREADS=3"));

    [LinuxFact]
    public void Experiment_Killed_GoesOnToTheSameResult()
    {
        var (expected, resumed) = InterruptedExperiment.Kill(3, new Random(3));
        Assert.Contains("Use '", expected);
        Assert.Equal(expected, resumed);
    }

    [LinuxFact]
    public void Saving_Killed_LeavesTheOldFileOrTheNewOne()
    {
        var (wrong, unfinished) = InterruptedSaving.Kill(3, new Random(2));
        Assert.Equal(0, wrong);
        Assert.InRange(unfinished, 0, 3);
    }

    [LinuxFact]
    public void Saving_DiskFull_SaysSoAndLeavesTheOldFile()
    {
        var (error, isWhole) = InterruptedSaving.FillDisk();
        Assert.StartsWith("failed: ", error);
        Assert.True(isWhole, error);
    }
}
