using Xunit;

namespace MetaML.Core.Tests;

/// <summary>Tests of what belongs to the process, with no other test beside them.</summary>
[CollectionDefinition("by itself", DisableParallelization = true)]
public sealed class ByItself;
