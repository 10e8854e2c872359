using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using OrleansTagCache.Mapping;

namespace OrleansTagCache.Saving;

/// <summary>What a context is doing: a save, or one statement of <c>ExecuteUpdate</c> or <c>ExecuteDelete</c>. Empty between them, so that nothing goes with a context into its pool.</summary>
/// <remarks>Of the flow that uses the context.</remarks>
internal sealed class SaveState
{
    private static readonly ConditionalWeakTable<DbContext, SaveState> Known = [];

    private AutoTransactionBehavior? _before;

    /// <summary>Whether a save has begun and is not over.</summary>
    public bool IsSaving { get; private set; }

    /// <summary>Whether the tags of this attempt were looked at when its first statement was about to run: interceptors may have changed more after ours was called, and a strategy may repeat the attempt.</summary>
    public bool IsChecked { get; set; }

    /// <summary>What is held for statements that are not in a transaction, or for one that has not begun yet.</summary>
    public HeldTags? Own { get; set; }

    /// <summary>The transaction that was begun for one statement.</summary>
    public IDbContextTransaction? OfStatement { get; set; }

    /// <summary>Tags that are known after the statements.</summary>
    public List<LateTags> Late { get; set; } = [];

    public static SaveState Of(DbContext context) => Known.GetOrCreateValue(context);

    /// <summary>Of a context; null if it has saved nothing yet.</summary>
    public static SaveState? Find(DbContext? context) => context is not null && Known.TryGetValue(context, out var state) ? state : null;

    /// <summary>A save begins. One before it that another interceptor has stopped was never told to be over.</summary>
    public void Begin(DbContext context)
    {
        if (IsSaving)
        {
            Own?.RolledBack();
            End(context);
        }

        IsSaving = true;
    }

    /// <summary>Lets EF begin a transaction for this save where it would not, so that something can be done before the commit.</summary>
    public void WantTransaction(DbContext context)
    {
        if (context.Database.AutoTransactionBehavior == AutoTransactionBehavior.WhenNeeded)
        {
            _before = AutoTransactionBehavior.WhenNeeded;
            context.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
        }
    }

    /// <summary>The save is over.</summary>
    public void End(DbContext context)
    {
        if (_before is { } before)
        {
            context.Database.AutoTransactionBehavior = before;
            _before = null;
        }

        (IsSaving, IsChecked, Own, Late) = (false, false, null, []);
    }

    /// <summary>Takes the tags that the statements have made known.</summary>
    public HashSet<string> TakeLate()
    {
        var tags = new HashSet<string>(StringComparer.Ordinal);
        foreach (var late in Late)
        {
            late.AddTo(tags);
        }

        Late = [];
        return tags;
    }
}
