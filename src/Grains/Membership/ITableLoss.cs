namespace OrleansTagCache.Membership;

/// <summary>Tells an error which says that the membership table is gone from one which says nothing of it, as that it cannot be reached.</summary>
/// <remarks>Thread-safe. Optional: only the owner of the table knows its errors.</remarks>
internal interface ITableLoss
{
    bool IsMeantBy(Exception exception);
}
