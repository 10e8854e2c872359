namespace OrleansTagCache.Entries;

/// <summary>Values that readers miss here and that another silo, which had the key before, may still have.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IFormerValues
{
    /// <summary>Whether a reader of the key may find its value elsewhere before it gets a token.</summary>
    bool MayFind(string scopedKey);

    /// <summary>Asks for it, if there is a silo to ask and nothing is here. It takes no longer than a reader waits; then the reader looks at the entry again.</summary>
    ValueTask Find(string scopedKey);
}
