using MetaML.TestKit;

namespace MetaML.Core.Tests.Adapters;

public sealed class UpdateConformanceTests : UpdateConformance;
