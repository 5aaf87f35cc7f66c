using System.CommandLine;
using System.Diagnostics;

namespace SipFun.Cli;

/// <summary>
/// <c>sipfun demo</c>: a call that is declined, over a link that loses two packets, on loopback and
/// without any server.
/// </summary>
internal sealed class DemoCommand : Command
{
    private const string Loopback = "127.0.0.1:0";
    private const string Domain = "example.com";

    private readonly Screen _screen;

    public DemoCommand(Screen screen)
        : base("demo", "Shows a whole exchange on loopback with loss, explained and drawn.")
    {
        _screen = screen;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        await WarmUp.RunAsync(cancel);
        await using var bob = await StartAsync(new StaticDnsResolver(), cancel);
        var declined = new TaskCompletionSource<Delivery>();
        bob.SetReceiver(Receiver.From(call => Decline(call, declined), SipMethod.Invite));

        await using var link = new LossyLink(bob.Legs[0].LocalEndPoint, LoseFirst("INVITE", "486"));
        await using var alice = await StartAsync(Zone(link.Port), cancel);
        Introduce();

        var invite = alice.CreateRequest(
            SipMethod.Invite,
            SipUri.Parse($"sip:bob@{Domain}"),
            NameAddr.Parse($"Alice <sip:alice@{Domain}>")
        );
        var call = alice.Deliver(
            invite.WithAddedHeader("Contact", $"<sip:{alice.Legs[0].SentBy}>")
        );
        var outcome = await call.Completion.WaitAsync(cancel);

        // Bob's side ends with the ACK, which has then crossed the link.
        await (await declined.Task).Completion.WaitAsync(cancel);
        Show(link.Passages, call);
        return outcome is DeliveryOutcome.Answered ? ExitCode.Success : ExitCode.NoAnswer;
    }

    private static Task<Dispatcher> StartAsync(StaticDnsResolver zone, CancellationToken cancel) =>
        Dispatcher.StartAsync(new() { Legs = [LegOptions.Udp(Loopback)], Resolver = zone }, cancel);

    private static StaticDnsResolver Zone(int port) =>
        new StaticDnsResolver()
            .AddSrv($"_sip._udp.{Domain}", $"proxy.{Domain}", port)
            .AddAddress($"proxy.{Domain}", "127.0.0.1");

    /// <summary>Bob's telephone rings, and then it is busy.</summary>
    private static Receipt Decline(Received call, TaskCompletionSource<Delivery> declined)
    {
        if (call.Message is not SipRequest { Method: var method } || method != SipMethod.Invite)
        {
            return Receipt.Pass;
        }

        call.Respond(call.CreateResponse(StatusCode.Ringing));
        declined.SetResult(call.Respond(call.CreateResponse(StatusCode.BusyHere)));
        return Receipt.Handled;
    }

    /// <summary>The first INVITE and the first 486 are lost.</summary>
    private static Func<SipMessage, bool> LoseFirst(params string[] labels)
    {
        var waiting = labels.ToHashSet();
        return message =>
            waiting.Remove(
                message switch
                {
                    SipRequest request => request.Method.Name,
                    SipResponse response => $"{response.StatusCode}",
                    _ => "",
                }
            );
    }

    private void Introduce()
    {
        _screen.Line(
            "Alice calls bob@example.com. His name is found by SRV and A in a zone of the demo."
        );
        _screen.Line("The link between them loses the first INVITE and the first 486.");
        _screen.Line();
    }

    private void Show(IReadOnlyList<Passage> passages, Delivery call)
    {
        LadderScreen.Show(_screen, Chart(passages));

        _screen.Line();
        _screen.Line("Alice's side of it, in seconds:");
        _screen.Lines(call.Explain());
    }

    private static LadderChart Chart(IReadOnlyList<Passage> passages)
    {
        var arrows = passages.Select(passage =>
        {
            var (label, kind) = LadderLabel.Of(passage.Message);
            return new LadderArrow(
                passage.IsRightward ? 0 : 1,
                passage.IsRightward ? 1 : 0,
                Stopwatch.GetElapsedTime(passages[0].At, passage.At),
                Arrived: null,
                label,
                kind
            )
            {
                IsLost = passage.IsLost,
                Copy = passages.TakeWhile(one => one != passage).Count(IsSame) + 1,
            };

            bool IsSame(Passage other) =>
                other.Message.Bytes.Span.SequenceEqual(passage.Message.Bytes.Span);
        });
        return new LadderChart([new("alice", ""), new("bob", "")], [.. arrows]);
    }
}
