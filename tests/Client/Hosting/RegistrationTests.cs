using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTagCache.Hosting;
using Xunit;

namespace OrleansTagCache.Tests.Client;

/// <summary>Code has the last word over configuration, in the order of its calls; and whoever forgets the cache is told.</summary>
public sealed class RegistrationTests
{
    private static readonly TimeSpan Section = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan First = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(9);

    [Fact]
    public void AddTagCache_WithCode_OverridesTheSectionWhereItSpeaks()
    {
        var options = OfSilo(silo => silo.AddTagCache(cache => cache.ServingLease = First));
        Assert.Equal((First, 1_234L), (options.ServingLease, options.MaximumEntries));
    }

    [Fact]
    public void AddTagCache_CalledTwice_TakesTheCodeOfBothInTheirOrder()
    {
        Assert.Equal(Second, OfSilo(silo => silo.AddTagCache(cache => cache.ServingLease = First).AddTagCache(cache => cache.ServingLease = Second)).ServingLease);
        Assert.Equal(First, OfSilo(silo => silo.AddTagCache(cache => cache.ServingLease = First).AddTagCache()).ServingLease);
        Assert.Equal(Second, OfSilo(silo => silo.AddTagCache().AddTagCache(cache => cache.ServingLease = Second)).ServingLease);
        Assert.Equal(Section, OfSilo(silo => silo.AddTagCache().AddTagCache()).ServingLease);
    }

    [Fact]
    public void AddTagCacheClient_CalledTwice_TakesTheCodeOfBothInTheirOrder()
    {
        using var host = Client(client => client
            .AddTagCacheClient(cache => (cache.ReadTimeout, cache.WaitTimeout) = (First, First))
            .AddTagCacheClient(cache => cache.ReadTimeout = Second));
        var options = host.Services.GetRequiredService<TagCacheClientOptions>();
        Assert.Equal((Second, First), (options.ReadTimeout, options.WaitTimeout));
    }

    [Fact]
    public void AddTagCacheClient_ReadsTheSectionThatSilosRead_AndCodeHasTheLastWord()
    {
        using var host = Client(
            client => client.AddTagCacheClient().AddTagCacheClient(cache => cache.WaitTimeout = First),
            new("TagCache:WaitTimeout", $"{Section}"),
            new("TagCache:ReadTimeout", $"{Section}"),
            new("TagCache:DefaultLife", "hours"),
            new("TagCache:ServingLease", $"{Section}"));
        var options = host.Services.GetRequiredService<TagCacheClientOptions>();
        Assert.Equal((First, Section, CacheLife.Hours), (options.WaitTimeout, options.ReadTimeout, options.DefaultLife));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Code_ComesAfterTheSection_InWhicheverOrderTheyAreRegistered(bool isCodeFirst)
    {
        var silo = OfSilo(silo =>
        {
            var code = silo.Services.AddOptions<TagCacheOptions>();
            if (isCodeFirst)
            {
                code.Configure(cache => cache.ServingLease = First);
                silo.AddTagCache();
            }
            else
            {
                silo.AddTagCache();
                code.Configure(cache => cache.ServingLease = First);
            }
        });
        Assert.Equal((First, 1_234L), (silo.ServingLease, silo.MaximumEntries));

        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        void AddSettings() => builder.Configuration.AddInMemoryCollection([new("TagCache:ReadTimeout", $"{Section}"), new("TagCache:WaitTimeout", $"{Section}")]);
        void AddCode() => builder.UseOrleansClient(client => client.UseLocalhostClustering().AddTagCacheClient(cache => cache.ReadTimeout = First));
        (isCodeFirst ? AddCode : (Action)AddSettings)();
        (isCodeFirst ? AddSettings : (Action)AddCode)();
        using var host = builder.Build();
        var client = host.Services.GetRequiredService<TagCacheClientOptions>();
        Assert.Equal((First, Section), (client.ReadTimeout, client.WaitTimeout));
    }

    [Fact]
    public void CacheOfASilo_HasTheOptionsOfTheSilo()
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection([new("TagCache:WaitTimeout", $"{Section}"), new("TagCache:MaximumLoads", "40")]);
        builder.UseOrleans(silo => silo.UseLocalhostClustering().AddTagCache());
        using var host = builder.Build();
        var options = host.Services.GetRequiredService<TagCacheClientOptions>();
        Assert.Same(host.Services.GetRequiredService<TagCacheOptions>(), options);
        Assert.Equal((Section, 40), (options.WaitTimeout, options.MaximumBackgroundRefreshes));
    }

    [Fact]
    public async Task Faults_OfAClient_EndTheStartAllAtOnce()
    {
        using var host = Client(
            client => client.AddTagCacheClient(cache =>
            {
                (cache.MaximumKeyLength, cache.NearCacheMaximumBytes, cache.OrphanedFactoryGrace) = (1_025, 1, TimeSpan.FromHours(2));
                (cache.NearCache, cache.Namespace) = ((NearCacheMode)7, "");
                cache.Profiles["max"] = CacheLife.Hours;
            }),
            new("TagCache:ReadTimeout", "00:02:00"),
            new("TagCache:DefaultLife", "nope"));

        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal(
            [
                "TagCache:DefaultLife: There is no life profile of that name (4 units). Known are: default, seconds, minutes, hours, days, weeks, max.",
                "TagCache:MaximumKeyLength must be from 1 to 1024; it is 1025.",
                "TagCache:Namespace: A namespace must have at least 1 UTF-16 unit; this one is empty.",
                "TagCache:NearCache must be On or Off; it is 7.",
                "TagCache:NearCacheMaximumBytes must be from 1048576 to 9223372036854775807; it is 1.",
                "TagCache:OrphanedFactoryGrace must be from 00:00:00 to 01:00:00; it is 02:00:00.",
                "TagCache:Profiles: 'max' is built in; choose another name.",
                "TagCache:ReadTimeout must be from 00:00:00.1000000 to 00:01:00; it is 00:02:00.",
            ],
            fault.Failures.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "A namespace must have at least 1 UTF-16 unit; this one is empty.")]
    [InlineData("a\nb", "A namespace must not contain control characters; this one has U+000A at unit 1.")]
    [InlineData("shop", "The namespace 'shop' was added before.")]
    public void AddTagCacheNamespace_OfANameThatCannotBe_IsRefused(string name, string fault)
    {
        var services = new ServiceCollection();
        services.AddTagCacheNamespace("shop");
        Assert.StartsWith(fault, Assert.Throws<ArgumentException>(() => services.AddTagCacheNamespace(name)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Namespace_HasTheOptionsOfTheProcess_ThenItsOwn(bool isNamespaceFirst)
    {
        using var host = Client(
            client =>
            {
                if (isNamespaceFirst)
                {
                    Add();
                }

                client.AddTagCacheClient(cache => (cache.WaitTimeout, cache.DefaultLife) = (First, CacheLife.Hours));
                if (!isNamespaceFirst)
                {
                    Add();
                }

                void Add() => client.Services.AddTagCacheNamespace("shop", shop => shop.WaitTimeout = Second);
            },
            new KeyValuePair<string, string?>("TagCache:ReadTimeout", $"{Section}"));
        var options = host.Services.GetRequiredKeyedService<NamespaceServices>("shop").GetRequiredService<TagCacheClientOptions>();
        Assert.Equal(("shop", Section, Second, CacheLife.Hours), (options.Namespace, options.ReadTimeout, options.WaitTimeout, options.DefaultLife));
        var own = host.Services.GetRequiredService<TagCacheClientOptions>();
        Assert.Equal(("default", First), (own.Namespace, own.WaitTimeout));
        Assert.NotSame(host.Services.GetRequiredService<ITagCache>(), host.Services.GetRequiredKeyedService<ITagCache>("shop"));
        Assert.Null(host.Services.GetKeyedService<ITagCache>("other"));
    }

    /// <summary>Options of a name change with the code of that name, and with the code for all names, as other options of .NET do.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Configure_OfTheOptions_ChangesThoseOfItsName_InAClientAndInASilo(bool isSilo)
    {
        void Add(IServiceCollection services)
        {
            services.Configure<TagCacheClientOptions>(own => own.ReadTimeout = First);
            services.Configure<TagCacheClientOptions>("shop", shop => shop.ReadTimeout = Second);
            services.ConfigureAll<TagCacheClientOptions>(all => all.WaitTimeout = First);
            services.PostConfigure<TagCacheClientOptions>("press", press => press.LoadTimeout = Second);
            services.AddTagCacheNamespace("shop");
            services.AddTagCacheNamespace("press", press => press.WaitTimeout = Second);
        }

        var setting = KeyValuePair.Create("TagCache:ReadTimeout", (string?)$"{Section}");
        using var host = isSilo ? Silo(silo => Add(silo.AddTagCache().Services), setting) : Client(client => Add(client.AddTagCacheClient().Services), setting);

        var own = host.Services.GetRequiredService<TagCacheClientOptions>();
        var (shop, press) = (Of("shop"), Of("press"));
        Assert.Equal((First, Second, Section), (own.ReadTimeout, shop.ReadTimeout, press.ReadTimeout));
        Assert.Equal((First, First, Second), (own.WaitTimeout, shop.WaitTimeout, press.WaitTimeout));
        Assert.Equal((TimeSpan.FromSeconds(30), Second), (own.LoadTimeout, press.LoadTimeout));

        // Whoever asks for the options gets those in use.
        Assert.Same(own, host.Services.GetRequiredService<IOptions<TagCacheClientOptions>>().Value);
        Assert.Equal(Second, host.Services.GetRequiredService<IOptionsMonitor<TagCacheClientOptions>>().Get("shop").ReadTimeout);

        TagCacheClientOptions Of(string name) => host.Services.GetRequiredKeyedService<NamespaceServices>(name).GetRequiredService<TagCacheClientOptions>();
    }

    [Fact]
    public void Configure_OfTheClientsOptionsInASilo_ComesBetweenTheSectionAndTheCodeOfTheSilo()
    {
        using var host = Silo(
            silo =>
            {
                silo.AddTagCache(cache => cache.WaitTimeout = Second);
                silo.Services.Configure<TagCacheClientOptions>(own => (own.ReadTimeout, own.WaitTimeout) = (First, First));
            },
            new("TagCache:ReadTimeout", $"{Section}"),
            new("TagCache:LoadTimeout", $"{Section}"));
        var options = host.Services.GetRequiredService<TagCacheOptions>();
        Assert.Equal((First, Second, Section), (options.ReadTimeout, options.WaitTimeout, options.LoadTimeout));
    }

    [Fact]
    public void Validate_OfTheClientsOptionsInASilo_IsHeard()
    {
        using var host = Silo(silo => silo.AddTagCache().Services.AddOptions<TagCacheClientOptions>().Validate(own => own.WaitTimeout > 2 * Section, "The application needs more than that."));

        var fault = Assert.Throws<OptionsValidationException>(host.Services.GetRequiredService<TagCacheOptions>).Failures;
        Assert.Equal(["The application needs more than that."], fault.Where(text => !text.StartsWith("TagCache:", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Faults_OfNamespaces_AreToldWithThoseOfTheProcess()
    {
        using var host = Client(client =>
        {
            client.AddTagCacheClient(cache => cache.MaximumBackgroundRefreshes = 0);
            client.Services.AddTagCacheNamespace("default");
            client.Services.AddTagCacheNamespace("shop", shop => (shop.Namespace, shop.MaximumBackgroundRefreshes, shop.NearCacheMaximumEntries) = ("other", 1, 2));
        });

        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Equal(
            [
                "In the namespace 'default': TagCache:MaximumBackgroundRefreshes must be from 1 to 1000; it is 0.",
                "In the namespace 'shop': TagCache:Namespace must stay the name that AddTagCacheNamespace was given; it is 'other'.",
                "In the namespace 'shop': TagCache:NearCacheMaximumEntries must be from 3 to 10000000; it is 2.",
                "TagCache:MaximumBackgroundRefreshes must be from 1 to 1000; it is 0.",
                "TagCache:Namespace is 'default', which AddTagCacheNamespace adds too: a process has one cache of a namespace.",
            ],
            fault.Failures.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Namespaces_WithoutACache_KeepTheApplicationFromStarting()
    {
        using var host = Client(client => client.Services.AddTagCacheNamespace("shop"));

        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains("AddTagCacheClient", fault.Message, StringComparison.Ordinal);
        Assert.Contains("AddTagCacheClient", Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredKeyedService<ITagCache>("shop")).Message, StringComparison.Ordinal);
    }

    /// <summary>What is made for one namespace must not be shared by another: so no shared service may depend on it.</summary>
    [Fact]
    public void Services_ThatDependOnWhatIsOfOneNamespace_AreOfOneNamespace()
    {
        using var host = Client(client =>
        {
            client.AddTagCacheClient();
            foreach (var service in client.Services.Where(service => service is { IsKeyedService: false, ImplementationType: { } type } && type.Assembly == typeof(TagCache).Assembly))
            {
                if (!TagCacheServices.PerNamespace.Contains(service.ServiceType))
                {
                    var needs = service.ImplementationType!.GetConstructors().SelectMany(constructor => constructor.GetParameters()).Select(parameter => parameter.ParameterType);
                    Assert.DoesNotContain(needs, TagCacheServices.PerNamespace.Contains);
                }
            }
        });
    }

    [Fact]
    public void AddTagCacheClient_LeavesAPeriodOfTheGatewayListThatWasConfigured()
    {
        Assert.Equal(TimeSpan.FromSeconds(2), GatewayPeriod([], _ => { }));
        Assert.Equal(Section, GatewayPeriod([new("Orleans:Gateway:GatewayListRefreshPeriod", $"{Section}")], _ => { }));
        Assert.Equal(First, GatewayPeriod([], client => client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = First)));
    }

    [Fact]
    public void Cache_ThatWasForgotten_IsNamedByWhatNeedsIt()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddTagCacheHybridCache().AddTagCacheDistributedCache().AddTagCacheOutputCache();
        services.AddHttpClient("fetch").AddTagCache();
        using var provider = services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true });

        foreach (var service in new[] { typeof(ITagCache), typeof(HybridCache), typeof(IDistributedCache), typeof(IOutputCacheStore) })
        {
            IsNamed(() => provider.GetRequiredService(service));
        }

        IsNamed(() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("fetch"));

        static void IsNamed(Func<object> ask)
        {
            var fault = Assert.Throws<InvalidOperationException>(ask).Message;
            Assert.Contains("AddTagCacheClient", fault, StringComparison.Ordinal);
            Assert.Contains("AddTagCache()", fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Loaders_WithoutACache_KeepTheApplicationFromStarting()
    {
        using var host = Client(client => client.AddLoader("loader", (_, _, _) => ValueTask.FromResult(1)));

        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains("AddTagCacheClient", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cache_AddedAfterWhatNeedsIt_IsFound()
    {
        using var host = Client(client =>
        {
            client.Services.AddTagCacheHybridCache();
            client.AddTagCacheClient();
        });

        Assert.IsType<TagCache>(host.Services.GetRequiredService<ITagCache>());
        Assert.NotNull(host.Services.GetRequiredService<HybridCache>());
    }

    private static TagCacheOptions OfSilo(Action<ISiloBuilder> configure)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection([new("TagCache:ServingLease", $"{Section}"), new("TagCache:MaximumEntries", "1234")]);
        builder.UseOrleans(silo => configure(silo.UseLocalhostClustering()));
        using var host = builder.Build();
        return host.Services.GetRequiredService<TagCacheOptions>();
    }

    private static IHost Silo(Action<ISiloBuilder> configure, params KeyValuePair<string, string?>[] settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.UseOrleans(silo => configure(silo.UseLocalhostClustering()));
        return builder.Build();
    }

    private static IHost Client(Action<IClientBuilder> configure, params KeyValuePair<string, string?>[] settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.UseOrleansClient(client => configure(client.UseLocalhostClustering()));
        return builder.Build();
    }

    /// <summary>In seconds. Else the host would cut the hand-over off.</summary>
    [Theory]
    [InlineData(20, null, 30)]
    [InlineData(300, null, 310)]
    [InlineData(300, 5, 5)]
    public void HostOfASilo_WaitsForTheHandover_UnlessItsTimeWasSet(int handover, int? shutdown, int expected)
    {
        using var host = Silo(silo =>
        {
            silo.AddTagCache(cache => cache.HandoverTimeout = TimeSpan.FromSeconds(handover));
            silo.Services.Configure<HostOptions>(options => options.ShutdownTimeout = shutdown is { } seconds ? TimeSpan.FromSeconds(seconds) : options.ShutdownTimeout);
        });
        Assert.Equal(TimeSpan.FromSeconds(expected), host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
    }

    private static TimeSpan GatewayPeriod(KeyValuePair<string, string?>[] settings, Action<IClientBuilder> before)
    {
        using var host = Client(
            client =>
            {
                before(client);
                client.AddTagCacheClient();
            },
            settings);
        return host.Services.GetRequiredService<IOptions<GatewayOptions>>().Value.GatewayListRefreshPeriod;
    }
}
