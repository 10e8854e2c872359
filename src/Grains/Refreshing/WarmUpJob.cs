using OrleansTagCache.Names;

namespace OrleansTagCache.Refreshing;

/// <summary>The identity of the job that fills a warm-up: that of a tag that no call can name, since it begins with a control character.</summary>
internal static class WarmUpJob
{
    private const string Mark = "\u0001";

    /// <summary>The identity of the job of a warm-up.</summary>
    public static string Of(string scopedWarmUp)
    {
        var (ns, name) = CacheNamespace.Split(scopedWarmUp);
        return ns.Scope(Mark + name);
    }

    /// <summary>The warm-up of a job.</summary>
    public static string WarmUpOf(TagId job) => job.Namespace.Scope(job.Name[Mark.Length..]);
}
