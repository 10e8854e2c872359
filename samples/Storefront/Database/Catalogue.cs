using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using OrleansTagCache.Samples.Storefront.Pages;

namespace OrleansTagCache.Samples.Storefront.Database;

/// <summary>What the shop reads and writes.</summary>
/// <remarks>Thread-safe: a context of its own for each call, so that a factory may outlive the request that it was begun for.</remarks>
internal sealed class Catalogue(IDbContextFactory<Shop> shops)
{
    private const int Attempts = 5;

    /// <summary>Makes the tables and their first rows, in one transaction. Of two nodes that start at once the second fails, and finds them made.</summary>
    public async Task Create()
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var shop = await shops.CreateDbContextAsync();
                await shop.Database.EnsureCreatedAsync();
                return;
            }
            catch (DbException) when (attempt < Attempts)
            {
                // The other node was faster.
            }
        }
    }

    public async Task<List<Product>> All(CancellationToken token)
    {
        await using var shop = await shops.CreateDbContextAsync(token);
        return await shop.Products.AsNoTracking().OrderBy(product => product.Id).ToListAsync(token);
    }

    public async Task<Product?> Find(long id, CancellationToken token)
    {
        await using var shop = await shops.CreateDbContextAsync(token);
        return await shop.Products.AsNoTracking().SingleOrDefaultAsync(product => product.Id == id, token);
    }

    public async Task<List<PriceChange>> LastChanges(CancellationToken token)
    {
        await using var shop = await shops.CreateDbContextAsync(token);
        return await shop.PriceChanges.AsNoTracking().OrderByDescending(change => change.Id).Take(10).ToListAsync(token);
    }

    /// <summary>The price and its history, in one transaction. The context holds the product's tags until it has committed: nothing else has to be said to the cache.</summary>
    /// <returns>False if there is no such product.</returns>
    public async Task<bool> SetPrice(long id, long cents, CancellationToken token)
    {
        await using var shop = await shops.CreateDbContextAsync(token);
        await using var transaction = await shop.Database.BeginTransactionAsync(token);
        if (await shop.Products.SingleOrDefaultAsync(row => row.Id == id, token) is not { } product)
        {
            return false;
        }

        shop.Add(new PriceChange { ProductId = id, Before = product.Cents, After = cents });
        product.Cents = cents;
        await shop.SaveChangesAsync(token);
        await transaction.CommitAsync(token);
        return true;
    }

    /// <summary>The same by statements of SQL, as a script or another program writes them: EF does not know what they change, and holds no tags. The caller updates them.</summary>
    /// <returns>The tags that depend on what was changed; null if there is no such product.</returns>
    public async Task<string[]?> SetPriceBySql(long id, long cents, CancellationToken token)
    {
        await using var shop = await shops.CreateDbContextAsync(token);
        await using var transaction = await shop.Database.BeginTransactionAsync(token);
        await shop.Database.ExecuteSqlAsync(
            $"""INSERT INTO "PriceChanges" ("ProductId", "Before", "After") SELECT "Id", "Cents", {cents} FROM "Products" WHERE "Id" = {id}""", token);
        var changed = await shop.Database.ExecuteSqlAsync($"""UPDATE "Products" SET "Cents" = {cents} WHERE "Id" = {id}""", token);
        await transaction.CommitAsync(token);
        return changed == 0 ? null : [ShopPages.TagOf(id), "products", TagCacheTags.OfTable(nameof(Shop.PriceChanges))];
    }

    /// <summary>One statement for all rows: EF does not know which ones, and holds the table. The tags of the products are held by name.</summary>
    public async Task HalvePrices(CancellationToken token)
    {
        await using var shop = await shops.CreateDbContextAsync(token);
        await using var transaction = await shop.Database.BeginTransactionAsync(token);
        var ids = await shop.Products.Select(product => product.Id).ToListAsync(token);
        await shop.Database.HoldTagsAsync([.. ids.Select(ShopPages.TagOf)], token);
        await shop.Products.ExecuteUpdateAsync(product => product.SetProperty(row => row.Cents, row => row.Cents / 2), token);
        await transaction.CommitAsync(token);
    }
}
