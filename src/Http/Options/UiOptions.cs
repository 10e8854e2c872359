namespace OrleansTagCache.Http;

/// <summary>The part <c>Ui</c> of the section <c>TagCache</c>: the operators' page.</summary>
public sealed class UiOptions
{
    /// <summary>Whether there is an operators' page, and whether its sessions are taken by the API.</summary>
    /// <value>Default <c>true</c>.</value>
    public bool Enabled { get; set; } = true;
}
