using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansTagCache.Http;
using OrleansTagCache.Http.Authentication;
using OrleansTagCache.Silo.Keys;
using OrleansTagCache.Silo.StartUp;
using Xunit;

namespace OrleansTagCache.Tests.Silo;

/// <summary>Keys are made by a command, stored hashed, and good from when they are there until they end.</summary>
public sealed class KeysTests : IDisposable
{
    /// <summary>How often the file is looked at.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private readonly string _file = Path.Combine(Directory.CreateTempSubdirectory("otc-keys-").FullName, "keys.json");
    private readonly ArmedTime _time = new();
    private readonly CapturedLog _log = new();

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_file)!, recursive: true);

    [Fact]
    public void Create_ShowsTheKeyOnce_AndStoresItsHashForTheOwnerAlone()
    {
        var output = Run("create", "--namespace", "shop", "--scopes", "read,write", "--file", _file);
        var key = output.TrimEnd().Split('\n')[^1];

        Assert.True(ApiKeyText.TryReadId(key, out var id));
        var text = File.ReadAllText(_file);
        Assert.Contains(Convert.ToHexStringLower(ApiKeyText.Hash(key)), text, StringComparison.Ordinal);
        Assert.DoesNotContain(key[13..], text, StringComparison.Ordinal);
        Assert.Equal($"{id}  namespace=shop  scopes=read,write  expires=never", Run("list", "--file", _file).TrimEnd());
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_file));
        }
    }

    [Fact]
    public void Create_AfterACommandThatWasCutShort_StillStoresForTheOwnerAlone()
    {
        File.WriteAllText($"{_file}.new", "half of it");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode($"{_file}.new", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }

        Run("create", "--namespace", "shop", "--scopes", "read", "--file", _file);

        Assert.Contains("namespace=shop", Run("list", "--file", _file), StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_file));
        }
    }

    [Fact]
    public void Create_WithoutAFile_ShowsWhatTheConfigurationNeeds()
    {
        var output = Run("create", "--namespace", "shop", "--scopes", "admin,read,write,invalidate", "--expires", "2027-01-31T00:00:00+01:00");
        Assert.Contains("\"Scopes\": \"read,write,invalidate,admin\"", output, StringComparison.Ordinal);
        Assert.Contains("\"Expires\": \"2027-01-30T23:00:00Z\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Rotation_OldAndNewAreBothGoodUntilTheOldOneEnds()
    {
        var old = Create("--expires", "90d");
        using var configuration = Configuration();
        using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        Assert.NotNull(ring.Find(old));

        var next = Create();
        Run("expire", old.Split('_')[1], "--file", _file, "--expires", "7d");
        ((IConfigurationRoot)configuration).Reload();
        Assert.Equal(("shop", Scopes.Read), (ring.Find(next)!.Namespace.Value, ring.Find(next)!.Scopes));
        Assert.NotNull(ring.Find(old));
        _time.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        Assert.NotNull(ring.Find(old));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(ring.Find(old));
        Assert.NotNull(ring.Find(next));
    }

    [Fact]
    public void Change_ThatCannotBeUsed_LeavesTheKeysAsTheyWere()
    {
        var key = Create();
        using var configuration = Configuration();
        using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        File.WriteAllText(_file, File.ReadAllText(_file).Replace("\"read\"", "\"everything\"", StringComparison.Ordinal));

        ((IConfigurationRoot)configuration).Reload();

        Assert.NotNull(ring.Find(key));
        Assert.Contains("Scopes must be some of read, write, invalidate, admin", _log.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void File_ThatIsNoJsonAnyMore_LeavesTheKeysAsTheyWere()
    {
        var key = Create();
        using var configuration = Configuration();
        using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        File.WriteAllText(_file, "{ half");

        ((IConfigurationRoot)configuration).Reload();

        Assert.NotNull(ring.Find(key));
        Assert.Contains("is not JSON", _log.Errors[0], StringComparison.Ordinal);
    }

    [Fact]
    public void File_ThatChanges_IsReadAtTheNextLook()
    {
        var key = Create();
        using var configuration = Configuration();
        using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        Run("expire", key.Split('_')[1], "--file", _file);
        var next = Create();

        _time.Advance(Look);

        Assert.Null(ring.Find(key));
        Assert.NotNull(ring.Find(next));
    }

    [Theory]
    [InlineData("directory")]
    [InlineData("locked")]
    public async Task File_ThatCannotBeReadAnyMore_LeavesTheKeysAsTheyWere_AndIsToldOnce(string how)
    {
        var key = Create();
        using var configuration = Configuration();
        await using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        Assert.Equal(HealthStatus.Healthy, await Health(host));

        using (MakeUnreadable(how))
        {
            ((IConfigurationRoot)configuration).Reload();
            _time.Advance(Look);
            _time.Advance(Look);
            _time.Advance(Look);

            Assert.NotNull(ring.Find(key));
            Assert.Contains($"names '{_file}', which cannot be read: ", Assert.Single(_log.Errors), StringComparison.Ordinal);
            Assert.Equal(HealthStatus.Degraded, await Health(host));
            Assert.DoesNotContain("can be used again", _log.Text, StringComparison.Ordinal);
        }

        var next = Create();
        _time.Advance(Look);

        Assert.NotNull(ring.Find(next));
        Assert.Single(_log.Errors);
        Assert.Contains("Information OrleansTagCache.Http.Authentication.ApiKeyRing: The API keys can be used again", _log.Text, StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, await Health(host));
    }

    [Fact]
    public void File_IsLookedAt_OnlyIfThereIsOne()
    {
        using var configuration = Configuration();
        configuration[$"{ApiAccessOptions.Section}:File"] = null;
        using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        Assert.Empty(_time.Armed);

        var key = Create();
        configuration[$"{ApiAccessOptions.Section}:File"] = _file;
        ((IConfigurationRoot)configuration).Reload();
        Assert.Equal([Look], _time.Armed);
        Assert.NotNull(ring.Find(key));
        File.WriteAllText(_file, "{ half");
        _time.Advance(Look);
        Assert.Single(_log.Errors);

        configuration[$"{ApiAccessOptions.Section}:File"] = null;
        ((IConfigurationRoot)configuration).Reload();
        _time.Advance(Look);

        Assert.Empty(_time.Armed);
    }

    [Fact]
    public void Setting_ThatNamesAnotherFile_IsFollowed()
    {
        var key = Create();
        using var configuration = Configuration();
        using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        Assert.NotNull(ring.Find(key));
        var other = $"{_file}.other";
        configuration[$"{ApiAccessOptions.Section}:File"] = other;

        // There is none yet: the last keys stay.
        ((IConfigurationRoot)configuration).Reload();
        Assert.NotNull(ring.Find(key));
        Assert.Contains(other, Assert.Single(_log.Errors), StringComparison.Ordinal);

        var next = Run("create", "--namespace", "shop", "--scopes", "read", "--file", other).TrimEnd().Split('\n')[^1];
        _time.Advance(Look);
        Assert.Null(ring.Find(key));
        Assert.NotNull(ring.Find(next));
    }

    [Fact]
    public void File_ThatIsTakenAway_EndsItsKeys_AndNotTheSilo()
    {
        var key = Create();
        using var configuration = Configuration();
        using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        File.Delete(_file);

        _time.Advance(Look);

        Assert.Null(ring.Find(key));
        Assert.True(ring.IsRequired);
        Assert.Empty(_log.Errors);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("no json")]
    [InlineData("directory")]
    [InlineData("locked")]
    public void File_ThatCannotBeReadAtTheStart_IsNamed(string how)
    {
        using var unreadable = MakeUnreadable(how);
        using var configuration = Configuration();
        Assert.StartsWith("TagCache:Access:File names ", Assert.Single(Assert.Throws<StartUpFault>(() => SettingsCheck.Read(configuration)).Faults), StringComparison.Ordinal);
        using var host = Host(configuration);
        Assert.StartsWith(
            "TagCache:Access:File names ", Assert.Single(Assert.Throws<OptionsValidationException>(host.GetRequiredService<ApiKeyRing>).Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Silo_WhoseLastKeyIsTakenAway_StaysClosed()
    {
        var key = Create();
        using var configuration = Configuration();
        using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        File.WriteAllText(_file, "{}");

        ((IConfigurationRoot)configuration).Reload();

        Assert.True(ring.IsRequired);
        Assert.Null(ring.Find(key));
    }

    [Fact]
    public async Task Application_WhoseLastKeyIsTakenAwayBeforeItsFirstCall_StaysClosed()
    {
        Create();
        using var configuration = Configuration();
        await using var host = Host(configuration);
        foreach (var service in host.GetServices<IHostedService>().Where(service => service.GetType().Namespace == typeof(ApiKeyRing).Namespace))
        {
            await service.StartAsync(CancellationToken.None);
        }

        File.WriteAllText(_file, "{}");
        ((IConfigurationRoot)configuration).Reload();

        Assert.True(host.GetRequiredService<ApiKeyRing>().IsRequired);
    }

    [Fact]
    public void Silo_ThatGetsItsFirstKey_Closes()
    {
        File.WriteAllText(_file, "{}");
        using var configuration = Configuration();
        using var host = Host(configuration);
        var ring = host.GetRequiredService<ApiKeyRing>();
        Assert.False(ring.IsRequired);
        Create();
        ((IConfigurationRoot)configuration).Reload();
        Assert.True(ring.IsRequired);
    }

    [Theory]
    [InlineData("keys")]
    [InlineData("keys", "destroy")]
    [InlineData("keys", "create", "--namespace", "shop")]
    [InlineData("keys", "create", "--scopes", "read")]
    [InlineData("keys", "create", "--namespace", "shop", "--scopes", "all")]
    [InlineData("keys", "create", "--namespace", "shop", "--scopes", "")]
    [InlineData("keys", "create", "--namespace", "shop", "--scopes", "read", "--expires", "soon")]
    [InlineData("keys", "create", "--namespace", "shop", "--scopes", "read", "--colour", "red")]
    [InlineData("keys", "create", "--namespace", "a\nb", "--scopes", "read")]
    [InlineData("keys", "list")]
    [InlineData("keys", "list", "--file", "nowhere/keys.json")]
    [InlineData("keys", "expire", "abcdefgh", "--file", "nowhere/keys.json")]
    public void Command_ThatIsWrong_SaysSo(params string[] words)
    {
        using var output = new StringWriter();
        Assert.NotEmpty(Assert.Throws<StartUpFault>(() => KeysCommand.Run(words, output, _time)).Faults);
        Assert.Equal(string.Empty, output.ToString());
    }

    private string Create(params string[] more) => Run(["create", "--namespace", "shop", "--scopes", "read", "--file", _file, .. more]).TrimEnd().Split('\n')[^1];

    private string Run(params string[] words)
    {
        using var output = new StringWriter();
        KeysCommand.Run(["keys", .. words], output, _time);
        return output.ToString();
    }

    /// <summary>Puts something in the place of the file that cannot be read as one, also by an administrator, until it is disposed.</summary>
    private Unreadable MakeUnreadable(string how)
    {
        File.Delete(_file);
        switch (how)
        {
            case "no json":
                File.WriteAllText(_file, how);
                break;
            case "directory":
                Directory.CreateDirectory(_file);
                break;
            case "locked":
                return new(_file, new FileStream(_file, FileMode.Create, FileAccess.ReadWrite, FileShare.None));
        }

        return new(_file, null);
    }

    private static async Task<HealthStatus> Health(ServiceProvider host) =>
        (await host.GetRequiredService<HealthCheckService>().CheckHealthAsync(check => check.Name == "tagcache_keys")).Entries["tagcache_keys"].Status;

    private ConfigurationManager Configuration()
    {
        var configuration = new ConfigurationManager();
        configuration[$"{ApiAccessOptions.Section}:File"] = _file;
        return configuration;
    }

    /// <summary>The services of a host with this configuration.</summary>
    private ServiceProvider Host(ConfigurationManager configuration) => new ServiceCollection()
        .AddSingleton<IConfiguration>(configuration)
        .AddSingleton<TimeProvider>(_time)
        .AddLogging(logging => logging.AddProvider(_log))
        .AddTagCacheHttp()
        .AddHealthChecks().AddTagCache().Services
        .BuildServiceProvider();

    private sealed class Unreadable(string path, FileStream? held) : IDisposable
    {
        public void Dispose()
        {
            held?.Dispose();
            if (Directory.Exists(path))
            {
                Directory.Delete(path);
            }

            File.Delete(path);
        }
    }
}
