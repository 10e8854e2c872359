using Microsoft.EntityFrameworkCore;

namespace OrleansTagCache.Faults.Database;

/// <summary>A row of the source.</summary>
internal sealed class StoredRow
{
    public int Id { get; set; }

    public int Group { get; set; }

    /// <summary>Rises with every commit.</summary>
    public long Version { get; set; }
}

/// <summary>The source, as an application has it.</summary>
internal sealed class RowsContext(DbContextOptions<RowsContext> options) : DbContext(options)
{
    private static readonly Func<RowsContext, int, Task<long>> ById =
        EF.CompileAsyncQuery((RowsContext context, int id) => context.Rows.Where(row => row.Id == id).Select(row => row.Version).Single());

    public DbSet<StoredRow> Rows => Set<StoredRow>();

    public Task<long> VersionOf(int row) => ById(this, row);

    /// <summary>The rows, locked until the transaction ends, in the order in which everybody locks them.</summary>
    public Task<List<StoredRow>> Lock(int[] rows) =>
        Rows.FromSql($"""SELECT * FROM "Rows" WHERE "Id" = ANY({rows}) ORDER BY "Id" FOR UPDATE""").AsTracking().ToListAsync();

    /// <summary>Makes the table, with every row at version 0.</summary>
    public static async Task Create(string connectionString)
    {
        await using var context = new RowsContext(new DbContextOptionsBuilder<RowsContext>().UseNpgsql(connectionString).Options);
        await context.Database.EnsureCreatedAsync();
        context.AddRange(Enumerable.Range(0, DatabaseLayout.Rows).Select(row => new StoredRow { Id = row, Group = DatabaseLayout.GroupOf(row) }));
        await context.SaveChangesAsync();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<StoredRow>().Property(row => row.Id).ValueGeneratedNever();
        modelBuilder.Entity<StoredRow>().HasCacheTags(row => DatabaseLayout.ChangedTagsOf(row.Id));
    }
}
