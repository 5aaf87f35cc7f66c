namespace SipFun.Shell;

/// <summary>An outgoing proxy that no leg can reach is a mistake that can be seen at the
/// start.</summary>
internal static class OutgoingProxyCheck
{
    /// <exception cref="ArgumentException">No leg can reach a proxy given by its
    /// address.</exception>
    public static void Run(DispatcherOptions options, IEnumerable<Leg> legs)
    {
        if (options.OutgoingProxy is not { Address: { } address } proxy || !legs.Any())
        {
            return;
        }

        var asked = Core.TransportName.tryParse(proxy.Transport);
        var isReachable = legs.Any(leg =>
            (asked.IsNone || leg.Transport == asked.Value)
            && leg.LocalEndPoints.Any(local => local.AddressFamily == address.AddressFamily)
        );

        if (!isReachable)
        {
            var transport = asked.IsSome ? asked.Value : Transport.Udp;
            throw new ArgumentException(
                $"No leg can reach the outgoing proxy {Core.Sanitizer.text(proxy.ToString())}: "
                    + $"that takes {transport} and {address.AddressFamily}, and the legs are "
                    + $"{string.Join(", ", legs)}. Add such a leg to Legs."
            );
        }
    }
}
