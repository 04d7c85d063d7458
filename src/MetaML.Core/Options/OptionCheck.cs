using System.Globalization;
using System.Numerics;

namespace MetaML.Options;

/// <summary>Checks of options. All errors have one form: constraint, value, consequence, cure.</summary>
internal static class OptionCheck
{
    public static void AtLeast<T>(object options, string member, T? value, T minimum)
        where T : struct, INumber<T>
    {
        if (value is { } given && !(given >= minimum))
            throw Error(options, member, $"at least {minimum.ToString(null, CultureInfo.InvariantCulture)}", given);
    }

    public static void InRange<T>(object options, string member, T value, T minimum, T maximum)
        where T : struct, INumber<T>
    {
        if (!(value >= minimum && value <= maximum))
            throw Error(options, member, string.Create(CultureInfo.InvariantCulture, $"between {minimum} and {maximum}"), value);
    }

    public static void Positive(object options, string member, double value)
    {
        if (!(value > 0 && double.IsFinite(value)))
            throw Error(options, member, "positive and finite", value);
    }

    public static void Positive(object options, string member, TimeSpan? value)
    {
        if (value is { } time && time <= TimeSpan.Zero)
            throw Error(options, member, "positive, or null for no limit", value);
    }

    public static void NotNegative(object options, string member, double value)
    {
        if (!(value >= 0 && double.IsFinite(value)))
            throw Error(options, member, "finite and not negative", value);
    }

    public static void Defined<T>(object options, string member, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw Error(options, member, $"one of {string.Join(", ", Enum.GetNames<T>())}", value);
    }

    public static void NotNull(object options, string member, object? value)
    {
        if (value is null)
            throw Error(options, member, "set", null);
    }

    public static void NotBlank(object options, string member, string? value)
    {
        if (value is not null && string.IsNullOrWhiteSpace(value))
            throw Error(options, member, "null or not blank", value);
    }

    public static void KnownTasks(object options, string member, IEnumerable<string> names, IEnumerable<string> tasks)
    {
        string[] unknown = [.. names.Except(tasks)];
        if (unknown.Length > 0)
            throw Error(options, member, "names of training tasks", NameList.Of(unknown), fix: "Correct or remove those names.");
    }

    /// <summary>The error for an option whose value is valid but not available on this machine.</summary>
    public static InvalidOperationException Unavailable(object options, string member, string constraint, object? value, string consequence, string fix) =>
        new(Message(options, member, constraint, value, consequence, fix));

    public static ArgumentException Error(object options, string member, string constraint, object? value, string? consequence = null, string? fix = null) =>
        new(Message(options, member, constraint, value, consequence, fix), member);

    private static string Message(object options, string member, string constraint, object? value, string? consequence, string? fix)
    {
        string got = Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text ? text : "null";
        string message = $"{options.GetType().Name}.{member} must be {constraint}; got {got}.";
        if (consequence is not null)
            message += " " + consequence;
        return message + " " + (fix ?? $"Choose a value that is {constraint}.");
    }
}
