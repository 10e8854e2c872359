namespace OrleansTagCache;

/// <summary>What a path names when responses are revalidated by it.</summary>
public enum PathKind
{
    /// <summary>The pattern of a route, such as <c>/blog/{slug}</c>: every response of that route.</summary>
    Page = 0,

    /// <summary>The beginning of patterns, such as <c>/blog</c>: every response of the routes at and below it. <c>/</c> stands for all routes.</summary>
    Layout = 1,
}
