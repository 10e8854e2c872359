namespace OrleansTagCache.Listeners;

/// <summary>A listener of this process.</summary>
/// <param name="Type">Its type, for the log.</param>
/// <param name="Kinds">What it hears.</param>
/// <param name="Find">Gives it. Called when there is an event for it: it may depend on the cache, which is made by then.</param>
internal sealed record ListenerRegistration(Type Type, TagCacheEventKinds Kinds, Func<IServiceProvider, ITagCacheListener> Find);
