using System.ComponentModel.DataAnnotations;
using System.Globalization;

namespace OrleansTagCache;

/// <summary>The range of a setting, both ends included: <see cref="RangeAttribute"/> for whole numbers and durations, whose fault names the setting, the limits and the value.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingRangeAttribute : RangeAttribute
{
    private readonly Func<object, bool> _contains;

    /// <param name="least">The least number.</param>
    /// <param name="most">The largest number; <see cref="long.MaxValue"/> or <see cref="int.MaxValue"/> for no limit.</param>
    public SettingRangeAttribute(long least, long most)
        : base(typeof(long), Text(least), Text(most))
    {
        (Least, Most) = (least, most);
        _contains = value => Convert.ToInt64(value, CultureInfo.InvariantCulture) is var number && number >= least && number <= most;
    }

    /// <param name="least">The shortest duration, as <see cref="TimeSpan"/> is written.</param>
    /// <param name="most">The longest duration.</param>
    public SettingRangeAttribute(string least, string most)
        : base(typeof(TimeSpan), least, most)
    {
        var (shortest, longest) = (TimeSpan.Parse(least, CultureInfo.InvariantCulture), TimeSpan.Parse(most, CultureInfo.InvariantCulture));
        (Least, Most) = (shortest, longest);
        _contains = value => value is TimeSpan duration && duration >= shortest && duration <= longest;
    }

    /// <summary>A <see cref="long"/> or a <see cref="TimeSpan"/>.</summary>
    public object Least { get; }

    /// <inheritdoc cref="Least"/>
    public object Most { get; }

    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is null || _contains(value);

    /// <inheritdoc/>
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) => IsValid(value)
        ? ValidationResult.Success
        : new(string.Create(CultureInfo.InvariantCulture, $"{validationContext.MemberName} must be from {Least} to {Most}; it is {value}."));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
