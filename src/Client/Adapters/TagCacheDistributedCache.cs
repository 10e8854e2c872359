using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using OrleansTagCache.Lifetimes;

namespace OrleansTagCache.Adapters;

/// <summary>
/// <see cref="IDistributedCache"/> over the cluster's cache, for sessions, antiforgery and libraries that want it. Strict: what was set or removed is seen by every
/// process when the call has returned. Reads ask the cluster, since each lengthens a sliding life; one that gets no answer throws
/// <see cref="TagCacheUnavailableException"/>, since a session that seems empty would be overwritten.
/// </summary>
/// <remarks>Thread-safe. Any text is a key. The calls that are not asynchronous block their thread, and need no other of its context.</remarks>
internal sealed class TagCacheDistributedCache(OpenEntries entries, TagCacheClientOptions limits, TimeProvider time) : IBufferDistributedCache
{
    private const string Adapter = "idc";

    public byte[]? Get(string key) => Task.Run(() => GetAsync(key)).GetAwaiter().GetResult();

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default) =>
        await entries.Get(KeyOf(key), isRead: true, token).ConfigureAwait(false) is { } found ? [.. found.Bytes] : null;

    public bool TryGet(string key, IBufferWriter<byte> destination) => Task.Run(() => TryGetAsync(key, destination).AsTask()).GetAwaiter().GetResult();

    public async ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (await GetAsync(key, token).ConfigureAwait(false) is not { } value)
        {
            return false;
        }

        destination.Write(value);
        return true;
    }

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
    {
        // Before a thread is found for it.
        var madeAt = time.Now();
        Task.Run(() => Set(key, value, options, madeAt, CancellationToken.None)).GetAwaiter().GetResult();
    }

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        Set(key, value, options, time.Now(), token);

    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options)
    {
        var madeAt = time.Now();
        Task.Run(() => Set(key, value.ToArray(), options, madeAt, CancellationToken.None)).GetAwaiter().GetResult();
    }

    public async ValueTask SetAsync(
        string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        var madeAt = time.Now();
        await Set(key, value.ToArray(), options, madeAt, token).ConfigureAwait(false);
    }

    public void Refresh(string key) => Task.Run(() => RefreshAsync(key)).GetAwaiter().GetResult();

    public Task RefreshAsync(string key, CancellationToken token = default) => entries.Get(KeyOf(key), isRead: false, token);

    public void Remove(string key) => Task.Run(() => RemoveAsync(key)).GetAwaiter().GetResult();

    public async Task RemoveAsync(string key, CancellationToken token = default) => await entries.Remove(KeyOf(key), token).ConfigureAwait(false);

    private async Task Set(string key, byte[] value, DistributedCacheEntryOptions options, Moment madeAt, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(options);
        await entries.Set(KeyOf(key), [.. value], EntryOf(options), madeAt, token).ConfigureAwait(false);
    }

    private string KeyOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return AdapterKey.Of(Adapter, key, limits.MaximumKeyLength);
    }

    private CacheEntryOptions EntryOf(DistributedCacheEntryOptions options)
    {
        var absolute = options.AbsoluteExpirationRelativeToNow;
        if (options.AbsoluteExpiration is { } moment)
        {
            var left = moment - time.GetUtcNow();
            if (left <= TimeSpan.Zero)
            {
#pragma warning disable CA2208 // It names the option, as the other implementations of the contract do.
                throw new ArgumentOutOfRangeException(
                    nameof(DistributedCacheEntryOptions.AbsoluteExpiration), moment, "The absolute expiration value must be in the future.");
#pragma warning restore CA2208
            }

            absolute ??= left;
        }

        var life = absolute ?? CacheLife.Forever;
        return new() { Life = new(TimeSpan.Zero, life, life), Sliding = options.SlidingExpiration ?? TimeSpan.Zero, Standby = true };
    }
}
