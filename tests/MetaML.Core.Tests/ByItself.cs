using Xunit;

namespace MetaML.Core.Tests;

/// <summary>Tests of the state of the process. No other test runs at the same time.</summary>
[CollectionDefinition("by itself", DisableParallelization = true)]
public sealed class ByItself;
