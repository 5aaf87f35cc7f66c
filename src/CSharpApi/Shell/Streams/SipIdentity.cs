// Whose a certificate is, by RFC 5922, 7.1 and 7.2. Pure: bytes of a certificate in, answers out.
using System.Formats.Asn1;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace SipFun.Shell;

/// <summary>
/// The SIP domains and addresses that a certificate speaks for: the hosts of its SAN's "sip:" URIs
/// without a user; without such a URI its dNSNames; without a SAN its common name.
/// </summary>
/// <param name="Domains">In lower case, without a final dot.</param>
/// <param name="Addresses">Its SAN's addresses, for numeric targets (RFC 5280, 4.2.1.6), and those in
/// its "sip:" URIs.</param>
internal sealed record SipIdentity(
    IReadOnlyList<string> Domains,
    IReadOnlyList<IPAddress> Addresses
)
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string CommonNameType = "2.5.4.3";

    private static readonly IdnMapping _idn = new() { UseStd3AsciiRules = true };

    public static SipIdentity Of(X509Certificate2 certificate)
    {
        var names = new Names();
        var hasSan = false;

        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value == SubjectAlternativeName)
            {
                hasSan = true;
                names.Read(extension.RawData);
            }
        }

        var domains =
            names.Hosts.Count > 0 ? names.Hosts
            : hasSan ? names.Dns
            : CommonName(certificate);
        return new SipIdentity(
            [.. domains.Where(name => !IsAddress(name)).Select(Normal).OfType<string>()],
            [
                .. names.Hosts.Select(Core.HostAddress.tryParse).OfType<IPAddress>(),
                .. names.Addresses,
            ]
        );
    }

    /// <summary>Whether it speaks for exactly this name or address: no wildcard, no
    /// suffix.</summary>
    public bool Covers(string name)
    {
        return Core.HostAddress.tryParse(name) is { } address
            ? Addresses.Contains(address)
            : Normal(name) is { } normal && Domains.Contains(normal);
    }

    public override string ToString() =>
        string.Join(", ", Domains.Concat(Addresses.Select(one => one.ToString())));

    /// <summary>A name as RFC 4343 and RFC 5280, 7.2 compare it; null: it is none.</summary>
    public static string? Normal(string name)
    {
        var bare = name.EndsWith('.') ? name[..^1] : name;

        if (bare.Length == 0 || System.Text.Ascii.IsValid(bare))
        {
            return bare.Length == 0 ? null : bare.ToLowerInvariant();
        }

        try
        {
            return _idn.GetAscii(bare).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>An address in a dNSName is no domain (RFC 5280, 4.2.1.6).</summary>
    private static bool IsAddress(string name) => Core.HostAddress.tryParse(name) is not null;

    /// <summary>The most specific one, where it is a DNS name of two labels at least (7.1, 2). No other
    /// part of the subject stands in for it: an organization may be called anything.</summary>
    private static List<string> CommonName(X509Certificate2 certificate)
    {
        var name = certificate
            .SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements)
            .FirstOrDefault(part => part.GetSingleElementType().Value == CommonNameType)
            ?.GetSingleElementValue();

        return name?.Contains('.') == true && Uri.CheckHostName(name) == UriHostNameType.Dns
            ? [name]
            : [];
    }

    /// <summary>What a SAN lists; one that cannot be read lists nothing.</summary>
    private sealed class Names
    {
        private static readonly Asn1Tag _dns = new(TagClass.ContextSpecific, 2);
        private static readonly Asn1Tag _uri = new(TagClass.ContextSpecific, 6);
        private static readonly Asn1Tag _address = new(TagClass.ContextSpecific, 7);

        public List<string> Hosts { get; } = [];

        public List<string> Dns { get; } = [];

        public List<IPAddress> Addresses { get; } = [];

        public void Read(byte[] extension)
        {
            try
            {
                var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();

                while (names.HasData)
                {
                    ReadOne(names);
                }
            }
            catch (AsnContentException)
            {
                // A SAN we cannot read to its end vouches for nothing.
                Hosts.Clear();
                Dns.Clear();
                Addresses.Clear();
            }
        }

        private void ReadOne(AsnReader names)
        {
            var tag = names.PeekTag();

            if (tag.HasSameClassAndValue(_dns))
            {
                Dns.Add(names.ReadCharacterString(UniversalTagNumber.IA5String, _dns));
            }
            else if (tag.HasSameClassAndValue(_uri))
            {
                AddUri(names.ReadCharacterString(UniversalTagNumber.IA5String, _uri));
            }
            else if (tag.HasSameClassAndValue(_address))
            {
                AddAddress(names.ReadOctetString(_address));
            }
            else
            {
                names.ReadEncodedValue();
            }
        }

        /// <summary>sips: is no identity, nor is anything with a user (7.1, 1).</summary>
        private void AddUri(string uri)
        {
            if (uri.StartsWith("sip:", StringComparison.OrdinalIgnoreCase) && !uri.Contains('@'))
            {
                var rest = uri[4..];
                var end = rest.IndexOfAny([';', '?']);
                Hosts.Add(Host(end < 0 ? rest : rest[..end]));
            }
        }

        private static string Host(string hostPort)
        {
            var bracket = hostPort.LastIndexOf(']');
            var colon = hostPort.IndexOf(':', Math.Max(0, bracket));
            return colon < 0 ? hostPort : hostPort[..colon];
        }

        private void AddAddress(byte[] octets)
        {
            if (octets.Length is 4 or 16)
            {
                Addresses.Add(new IPAddress(octets));
            }
        }
    }
}
