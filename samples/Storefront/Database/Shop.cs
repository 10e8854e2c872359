using Microsoft.EntityFrameworkCore;
using OrleansTagCache.Samples.Storefront.Pages;

namespace OrleansTagCache.Samples.Storefront.Database;

/// <summary>A product.</summary>
internal sealed record Product
{
    public long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Its price.</summary>
    public long Cents { get; set; }
}

/// <summary>A change of a price.</summary>
internal sealed record PriceChange
{
    public long Id { get; init; }

    public long ProductId { get; init; }

    public long Before { get; init; }

    public long After { get; init; }
}

/// <summary>The database of the shop, and which tags depend on its rows: a save holds them, so that no node shows the old row from the moment of the commit on.</summary>
internal sealed class Shop(DbContextOptions<Shop> options) : DbContext(options)
{
    public DbSet<Product> Products => Set<Product>();

    public DbSet<PriceChange> PriceChanges => Set<PriceChange>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Product>(product =>
        {
            product.HasCacheTags(row => [ShopPages.TagOf(row.Id)]);
            product.HasCacheTags("products");
            product.Property(row => row.Id).ValueGeneratedNever();
            product.HasData(
                new { Id = 1L, Name = "Kettle", Cents = 3450L },
                new { Id = 2L, Name = "Teapot", Cents = 2800L },
                new { Id = 3L, Name = "Strainer", Cents = 650L },
                new { Id = 4L, Name = "Assam, 100 g", Cents = 790L },
                new { Id = 5L, Name = "Darjeeling, 100 g", Cents = 1190L },
                new { Id = 6L, Name = "Cup and saucer", Cents = 1490L },
                new { Id = 7L, Name = "Tea towel", Cents = 850L },
                new { Id = 8L, Name = "Tin", Cents = 990L });
        });
        modelBuilder.AddTagCacheOutbox();
    }
}
