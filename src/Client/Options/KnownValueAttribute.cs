using System.ComponentModel.DataAnnotations;

namespace OrleansTagCache;

/// <summary>A setting must be one of the named values of its enumeration.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class KnownValueAttribute : ValidationAttribute
{
    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is Enum && Enum.IsDefined(value.GetType(), value);

    /// <inheritdoc/>
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) => IsValid(value)
        ? ValidationResult.Success
        : new($"{validationContext.MemberName} must be {string.Join(" or ", Enum.GetNames(value!.GetType()))}; it is {value}.");
}
