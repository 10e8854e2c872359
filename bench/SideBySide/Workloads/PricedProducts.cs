using Microsoft.EntityFrameworkCore;

namespace OrleansTagCache.Bench.SideBySide.Workloads;

/// <summary>Products with prices, in a database.</summary>
internal sealed class PricedProducts(DbContextOptions<PricedProducts> options) : DbContext(options)
{
    public DbSet<PricedProduct> Products => Set<PricedProduct>();

    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<PricedProduct>().HasCacheTags(product => [$"product-{product.Id}"]);
}

/// <summary>One product.</summary>
internal sealed class PricedProduct
{
    public int Id { get; set; }

    public int Cents { get; set; }
}
