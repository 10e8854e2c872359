namespace OrleansTagCache;

/// <summary>What a path names when responses are revalidated by it.</summary>
public enum PathKind
{
    /// <summary>The pattern of a route, as <c>/blog/{slug}</c>: every response of that route.</summary>
    Page = 0,

    /// <summary>The beginning of patterns, as <c>/blog</c>: every response of the routes at and below it. <c>/</c> is all of them.</summary>
    Layout = 1,
}
