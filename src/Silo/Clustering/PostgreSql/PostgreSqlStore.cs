using System.Net.Sockets;
using Npgsql;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansTagCache.Membership;
using OrleansTagCache.Silo.StartUp;

namespace OrleansTagCache.Silo.Clustering.PostgreSql;

/// <summary>A PostgreSQL database. The membership has connections of its own, so that no lease waits behind jobs and reminders.</summary>
internal sealed class PostgreSqlStore(NpgsqlDataSource membership, NpgsqlDataSource work) : ClusterStore, ITableLoss
{
    /// <summary>The name under which Orleans knows the driver.</summary>
    private const string Invariant = "Npgsql";

    private const string Setting = "TagCache:Clustering:ConnectionString";

    /// <summary>Of each silo for its jobs and reminders, unless the connection string says another number: seven silos and their applications fit into the 100 connections of an unchanged server.</summary>
    private const int MostConnections = 8;

    /// <summary>Of each silo for the membership.</summary>
    private const int MostMembershipConnections = 3;

    /// <summary>In seconds. A membership row that is read later than this confirms no lease.</summary>
    private const int ConnectTimeout = 3;

    /// <inheritdoc cref="ConnectTimeout"/>
    private const int CommandTimeout = 5;

    public override string Place
    {
        get
        {
            var settings = new NpgsqlConnectionStringBuilder(work.ConnectionString);
            return $"PostgreSQL at {settings.Host}:{settings.Port}, database {settings.Database ?? settings.Username}";
        }
    }

    /// <summary>Connects, and makes the tables if they are not there.</summary>
    /// <exception cref="StartUpFault">The database cannot be reached or used, and why.</exception>
    public static async Task<PostgreSqlStore> Connect(ClusteringOptions options)
    {
        var password = PasswordFile.Of(options);
        var work = DataSourceOf(options.ConnectionString!, password, forMembership: false);
        try
        {
            await PostgreSqlSchema.Ensure(work);
            return new(DataSourceOf(options.ConnectionString!, password, forMembership: true), work);
        }
        catch (Exception exception) when (FaultIn(exception) is { } fault)
        {
            await work.DisposeAsync();
            throw fault;
        }
    }

    public override void AddTo(ISiloBuilder silo, SiloProgramOptions options)
    {
        silo.UseAdoNetClustering(clustering => (clustering.Invariant, clustering.DataSource) = (Invariant, membership));
        silo.UseAdoNetReminderService(reminders => (reminders.Invariant, reminders.DataSource) = (Invariant, work));
        silo.AddAdoNetGrainStorage(TagCacheOptions.JobStorage, storage => storage.Configure<IServiceProvider>((jobs, services) =>
        {
            (jobs.Invariant, jobs.DataSource) = (Invariant, work);
            jobs.GrainStorageSerializer = ActivatorUtilities.CreateInstance<OrleansGrainStorageSerializer>(services);
            jobs.DeleteStateOnClear = true;
        }));

        OwnJobs.AddTo(silo.Services, options);
        silo.Services.AddSingleton<ITableLoss>(this);

        // What the driver throws crosses silos with the answer of a grain.
        silo.Services.Configure<ExceptionSerializationOptions>(exceptions => exceptions.SupportedNamespacePrefixes.Add(Invariant));
    }

    /// <summary>Its tables, their schema or the database were dropped. Only a silo that starts makes them again.</summary>
    public bool IsMeantBy(Exception exception) =>
        exception is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.InvalidCatalogName };

    protected override StartUpFault? FaultOf(Exception exception) => FaultIn(exception);

    private static StartUpFault? FaultIn(Exception exception) =>
        WordsFor(exception) is { } words ? new(words, mayPass: exception is NpgsqlException { IsTransient: true } or TimeoutException or SocketException) : null;

    private static NpgsqlDataSource DataSourceOf(string connection, PasswordFile? password, bool forMembership)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connection);
            if (string.IsNullOrEmpty(settings.Host))
            {
                throw new StartUpFault($"{Setting} must name the server of PostgreSQL, for example Host=127.0.0.1;Database=tagcache;Username=tagcache.");
            }

            if (settings.Host.Contains(',', StringComparison.Ordinal))
            {
                // A replica that lags behind would confirm the lease of a silo that was declared dead.
                throw new StartUpFault($"{Setting} must name one server, the primary: a name or a proxy that follows it when it moves.");
            }

            settings.ApplicationName ??= "OrleansTagCache";
            SetUnlessSaid("Maximum Pool Size", () => settings.MaxPoolSize = MostConnections);
            settings.MaxPoolSize = forMembership ? MostMembershipConnections : settings.MaxPoolSize;
            SetUnlessSaid("Timeout", () => settings.Timeout = ConnectTimeout);
            SetUnlessSaid("Command Timeout", () => settings.CommandTimeout = CommandTimeout);
            settings.Password = password is null ? settings.Password : null;
            var source = new NpgsqlDataSourceBuilder(settings.ConnectionString);
            if (password is not null)
            {
                source.UsePasswordProvider(_ => password.Current, (_, _) => new(password.Current));
            }

            return source.Build();

            void SetUnlessSaid(string keyword, Action set)
            {
                if (!settings.ShouldSerialize(keyword))
                {
                    set();
                }
            }
        }
        catch (ArgumentException exception)
        {
            // The message names the keyword, and no value.
            throw new StartUpFault($"{Setting} is not a connection string of PostgreSQL: {exception.Message}");
        }
    }

    /// <summary>In words for the person who starts the silo, without the connection string.</summary>
    private static string? WordsFor(Exception exception) => exception switch
    {
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword } refused => $"PostgreSQL refuses the user or the password of {Setting}: {refused.MessageText}.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidAuthorizationSpecification } refused => $"PostgreSQL refuses the user of {Setting}, or this machine (pg_hba.conf): {refused.MessageText}.",
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing => $"The database of {Setting} does not exist: {missing.MessageText}. Create it first.",
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName } denied =>
            $"The user of {Setting} may not do what is needed: {denied.MessageText}. If it may not create tables, let another one do what 'schema print' writes, and grant what it says.",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } full => $"PostgreSQL has no connection left: {full.MessageText}.",
        PostgresException other => $"PostgreSQL answers with {other.SqlState}: {other.MessageText}.",
        NpgsqlException { InnerException: not (SocketException or TimeoutException or IOException) } other => $"PostgreSQL cannot be used: {other.Message}.",
        NpgsqlException or TimeoutException or SocketException => $"The PostgreSQL of {Setting} cannot be reached. Check that it is running and that the address is right.",
        _ => null,
    };
}
