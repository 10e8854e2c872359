namespace OrleansTagCache;

/// <summary>
/// A parameter of a method with <see cref="CachedAttribute"/> that is passed to its body and is not part of the key: a service, or what does not change the value. All callers share the entry, with whichever argument it was made.
/// </summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class NotInKeyAttribute : Attribute;
