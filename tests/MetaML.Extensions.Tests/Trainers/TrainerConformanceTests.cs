using MetaML.TestKit;

namespace MetaML.Extensions.Tests.Trainers;

public sealed class TrainerConformanceTests : TrainerConformance;
