using Xunit;

namespace MetaML.Extensions.Orleans.Tests.Servers;

/// <summary>A test that is skipped, with the reason, where PostgreSQL is absent.</summary>
internal sealed class PostgresFactAttribute : FactAttribute
{
    public PostgresFactAttribute() => Skip = PostgresServer.WhyAbsent;
}

/// <summary>A test that is skipped, with the reason, where Redis is absent.</summary>
internal sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute() => Skip = RedisServer.WhyAbsent;
}
