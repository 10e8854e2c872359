using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;

namespace OrleansTagCache.Tests.EntityFrameworkCore;

/// <summary>A model that uses what EF's models may use: owned and complex types, links, inheritance, shadow properties, keys of the database's.</summary>
internal class Shop(DbContextOptions options) : DbContext(options)
{
    public DbSet<Product> Products => Set<Product>();

    public DbSet<Label> Labels => Set<Label>();

    public DbSet<Customer> Customers => Set<Customer>();

    public DbSet<Order> Orders => Set<Order>();

    public DbSet<Animal> Animals => Set<Animal>();

    public DbSet<Counter> Counters => Set<Counter>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Product>(product =>
        {
            product.HasCacheTags(p => [$"product-{p.Id}"]);
            product.ComplexProperty(p => p.Size);
            product.OwnsOne(p => p.Supplier, supplier => supplier.OwnsOne(s => s.Address));
            product.OwnsMany(p => p.Photos, photo => photo.ToTable("Photos"));
            product.OwnsMany(p => p.Reviews, review => review.ToJson());
            product.HasMany(p => p.Labels).WithMany(l => l.Products);
        });
        modelBuilder.Entity<Label>().HasCacheTags(l => [$"label-{l.Id}"]).Property(l => l.Id).ValueGeneratedNever();
        modelBuilder.Entity<Customer>().Property(c => c.Id).ValueGeneratedNever();
        modelBuilder.Entity<Order>(order =>
        {
            order.Property<string?>("Region");
            order.HasCacheTags("orders");
            order.HasCacheTagsOf(o => o.CustomerId, id => [$"customer-{id}"]);
            order.HasCacheTags((o, values) => values["Region"] is string region ? [$"region-{region}-{o.Total}"] : []);
        });
        modelBuilder.Entity<Animal>().HasCacheTags(a => [$"animal-{a.Name}"]);
        modelBuilder.Entity<Cat>().HasCacheTags("cats");
        modelBuilder.Entity<Dog>();
        modelBuilder.Entity<Bid>().HasCacheTagsOf(b => b.ProductId, id => [$"bids-{id}"]);
        modelBuilder.Entity<Counter>().HasCacheTags(c => [$"counter-{c.Name}"]);
    }
}

/// <summary>The same with an outbox.</summary>
internal sealed class ShopWithOutbox(DbContextOptions options) : Shop(options)
{
    public DbSet<TagCacheOutboxRow> Outbox => Set<TagCacheOutboxRow>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        modelBuilder.AddTagCacheOutbox();
    }
}

internal sealed class Product
{
    public int Id { get; set; }

    public required string Name { get; set; }

    public decimal Price { get; set; }

    public Size Size { get; set; } = new();

    public Supplier? Supplier { get; set; }

    public List<Photo> Photos { get; } = [];

    public List<Review> Reviews { get; } = [];

    public List<Label> Labels { get; } = [];
}

internal sealed class Size
{
    public int Width { get; set; }
}

internal sealed class Supplier
{
    public required string Name { get; set; }

    public Address? Address { get; set; }
}

internal sealed class Address
{
    public required string City { get; set; }
}

internal sealed class Photo
{
    public Guid Id { get; set; }

    public required string File { get; set; }
}

internal sealed class Review
{
    public required string Text { get; set; }
}

internal sealed class Label
{
    public int Id { get; set; }

    public required string Name { get; set; }

    public List<Product> Products { get; } = [];
}

internal sealed class Customer
{
    public int Id { get; set; }

    public required string Name { get; set; }
}

internal sealed class Order
{
    public Guid Id { get; set; }

    public int? CustomerId { get; set; }

    public Customer? Customer { get; set; }

    public decimal Total { get; set; }
}

internal sealed class Bid
{
    public Guid Id { get; set; }

    public int ProductId { get; set; }

    public required Product Product { get; set; }
}

internal class Animal
{
    public Guid Id { get; set; }

    public required string Name { get; set; }
}

internal sealed class Cat : Animal
{
    public int Lives { get; set; }
}

internal sealed class Dog : Animal;

internal sealed class Counter
{
    [Key]
    public required string Name { get; set; }

    public int Value { get; set; }

    [ConcurrencyCheck]
    public int Version { get; set; }
}
