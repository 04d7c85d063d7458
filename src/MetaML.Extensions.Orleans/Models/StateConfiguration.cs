namespace MetaML.Extensions.Orleans.Models;

/// <summary>The storage and the name of a state.</summary>
internal sealed record StateConfiguration(string StateName, string StorageName) : IPersistentStateConfiguration;
