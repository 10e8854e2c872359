namespace OrleansTagCache.Testing;

/// <summary>Addresses that a guarded client must not call, in every notation that reaches them.</summary>
internal static class BadAddress
{
    /// <summary>Written into the address itself. None is on the list of hosts, whatever it is read as.</summary>
    public static readonly string[] Written =
    [
        "https://127.0.0.1/", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/",
        "https://017700000001/", "https://0/", "https://0.0.0.0/", "https://localhost/", "https://LOCALHOST./", "https://localhost.localdomain/",
        "https://[::1]/", "https://[::]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/",
        "https://[64:ff9b::127.0.0.1]/", "https://[2002:7f00:1::]/", "https://[fe80::1]/", "https://[fd00:ec2::254]/",
        "https://169.254.169.254/latest/meta-data/", "https://2852039166/", "https://0xa9fea9fe/", "https://0251.0376.0251.0376/", "https://metadata.google.internal/",
        "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.0.1/", "https://100.64.0.1/", "https://8.8.8.8/",
        "https://１２７.０.０.１/", "https://127。0。0。1/", "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "https://127.0.0.1.nip.io/",
        "https://good.example@127.0.0.1/", "https://good.example:x@evil.example/", "https://evil.example/good.example", "https://evil.example#good.example",
        "https://evil.example?good.example", "https://good.example.evil.example/", "https://evilgood.example/", "https://good.example:22/", "https://good.example:8443/",
        "https://user@good.example/", "http://good.example/", "ftp://good.example/", "file:///etc/passwd", "gopher://good.example/", "ws://good.example/", "data:,x",
    ];

    /// <summary>What the allowed host may be resolved to, and must not be called at.</summary>
    public static readonly string[] Resolved =
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.0.1", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.1",
        "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:2::1",
        "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "febf::1", "fec0::1", "ff02::1",
    ];
}
