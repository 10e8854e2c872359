using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTagCache.Tls;

/// <summary>Decides whether a peer's certificate is taken, and says in words that a person can act on why one is not.</summary>
internal static class PeerCheck
{
    /// <summary>For a peer that was connected to.</summary>
    public static readonly Oid Server = new("1.3.6.1.5.5.7.3.1");

    /// <summary>For a peer that connects.</summary>
    public static readonly Oid Client = new("1.3.6.1.5.5.7.3.2");

    /// <summary>Why a peer is refused, or null if it is taken.</summary>
    /// <param name="certificate">What it sent.</param>
    /// <param name="chain">What was built from it by <see cref="Policy"/>.</param>
    /// <param name="names">One of which the certificate must carry.</param>
    public static string? Refusal(X509Certificate2? certificate, X509Chain? chain, params string[] names)
    {
        if (certificate is null || chain is null)
        {
            return "It sent no certificate. Give it one, by its settings for TLS.";
        }

        var who = $"Its certificate ({certificate.Subject}, {certificate.Thumbprint[..8]})";
        var faults = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        if (faults != X509ChainStatusFlags.NoError || chain.ChainElements.Count == 0)
        {
            return Explain(who, certificate, faults);
        }

        return names.Any(name => certificate.MatchesHostname(name, allowWildcards: false, allowCommonName: false))
            ? null
            : $"{who} carries none of the names {string.Join(", ", names)}. Issue one with that name as a DNS name.";
    }

    /// <summary>Why the others would refuse this process's own certificate, or null.</summary>
    public static string? RefusalOf(CertificateSet own, Oid use, params string[] names)
    {
        using var chain = new X509Chain { ChainPolicy = Policy(own.Authorities, use) };
        chain.ChainPolicy.ExtraStore.AddRange(own.Between);
        chain.Build(own.Own);
        return Refusal(own.Own, chain, names);
    }

    /// <summary>What a chain is built by: those authorities alone, and nothing that a certificate of a stranger says is to be had elsewhere.</summary>
    public static X509ChainPolicy Policy(X509Certificate2Collection authorities, Oid use)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(use);
        return policy;
    }

    private static string Explain(string who, X509Certificate2 certificate, X509ChainStatusFlags faults)
    {
        if (faults.HasFlag(X509ChainStatusFlags.PartialChain) || faults.HasFlag(X509ChainStatusFlags.UntrustedRoot))
        {
            return $"{who} is not signed by an authority that this process trusts. Issue one by that authority, or add its authority to the file of authorities.";
        }

        if (faults.HasFlag(X509ChainStatusFlags.NotTimeValid))
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{who}, or its authority, is not valid now: it is from {certificate.NotBefore.ToUniversalTime():u} to {certificate.NotAfter.ToUniversalTime():u}. Renew it, and look at the clocks.");
        }

        return faults.HasFlag(X509ChainStatusFlags.NotValidForUsage)
            ? $"{who} is not for this use. Issue one for the uses of clients and servers (extended key usage clientAuth, serverAuth)."
            : $"{who} is not valid: {faults}.";
    }
}
