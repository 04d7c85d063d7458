using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace MetaML.Extensions.Orleans.Tasks;

/// <summary>The stored state of a <see cref="TaskGrain"/>. Immutable.</summary>
[GenerateSerializer]
[Immutable]
[Alias("MetaML.StoredTask")]
internal sealed record StoredTask
{
    /// <summary>The size of an event, in bytes.</summary>
    public const int EventBytes = IdBytes + sizeof(uint);

    private const int IdBytes = 12;

    /// <summary>The version of the model; "" before the first change.</summary>
    [Id(0)]
    public string Version { get; init; } = "";

    /// <summary>The task as ExportTask writes it; empty if it is removed, or has no rows left.</summary>
    [Id(1)]
    public byte[] Task { get; init; } = [];

    /// <summary>The last events, the oldest first: of each the first 12 bytes of the SHA-256 of its id, and 4 bytes for the time of its storage in seconds since 1970.</summary>
    [Id(2)]
    public byte[] Events { get; init; } = [];

    /// <summary>The size of the state in bytes, without what the storage adds.</summary>
    public int ByteCount => Task.Length + Events.Length + Version.Length;

    /// <summary>Whether an event is among the last ones.</summary>
    public bool Has(string eventId)
    {
        ReadOnlySpan<byte> id = Id(eventId);
        for (int start = 0; start < Events.Length; start += EventBytes)
        {
            if (Events.AsSpan(start, IdBytes).SequenceEqual(id))
                return true;
        }

        return false;
    }

    /// <summary>The last events, with another one.</summary>
    /// <param name="eventId">The id; null for none.</param>
    /// <param name="now">The time.</param>
    /// <param name="window">Number of last events that are kept.</param>
    /// <param name="lifetime">Events that are not older are kept too.</param>
    public byte[] EventsWith(string? eventId, DateTimeOffset now, int window, TimeSpan lifetime)
    {
        if (eventId is null)
            return Events;
        var added = new byte[EventBytes];
        Id(eventId).CopyTo(added);
        BinaryPrimitives.WriteUInt32LittleEndian(added.AsSpan(IdBytes), (uint)now.ToUnixTimeSeconds());
        byte[] all = [.. Events, .. added];
        long oldest = (now - lifetime).ToUnixTimeSeconds();
        int start = 0, last = all.Length - window * EventBytes;
        while (start < last && BinaryPrimitives.ReadUInt32LittleEndian(all.AsSpan(start + IdBytes)) < oldest)
            start += EventBytes;
        return all[start..];
    }

    private static ReadOnlySpan<byte> Id(string eventId) => SHA256.HashData(Encoding.UTF8.GetBytes(eventId)).AsSpan(0, IdBytes);
}
