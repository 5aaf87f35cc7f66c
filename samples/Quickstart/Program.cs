// A request finds its way over a link that loses its first two copies; a second one is cancelled.
using System.Net;
using System.Net.Sockets;
using Quickstart;
using SipFun;

// Bob answers whatever comes with 200 OK.
await using var bob = await Dispatcher.StartAsync(new() { Legs = [LegOptions.Udp("127.0.0.1:0")] });
bob.SetReceiver(received =>
{
    received.Respond(received.CreateResponse(StatusCode.Ok));
    return Receipt.Handled;
});

// Between Alice and Bob lies a bad link; beside it sits Carol, who never answers.
await using var link = new LossyLink(server: bob.Legs[0].LocalEndPoint, losing: 2);
using var carol = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
var carolPort = ((IPEndPoint)carol.Client.LocalEndPoint!).Port;

// A zone in memory, so that no name server is needed: SRV tells the port, A the address.
var zone = new StaticDnsResolver()
    .AddSrv("_sip._udp.example.com", "sip.example.com", link.Port)
    .AddAddress("sip.example.com", "127.0.0.1")
    .AddSrv("_sip._udp.example.net", "sip.example.net", carolPort)
    .AddAddress("sip.example.net", "127.0.0.1");

await using var alice = await Dispatcher.StartAsync(
    new() { Legs = [LegOptions.Udp("127.0.0.1:0")], Resolver = zone }
);

// One exchange on the direct way: .NET compiles what runs for the first time, and that would show
// in the instants below.
var direct = SipUri.Parse($"sip:bob@{bob.Legs[0].SentBy}");
await alice.SendAsync(alice.CreateRequest(SipMethod.Options, direct));

// 1. Deliver, and let SipFun insist: copies leave after 0, 500 and 1500 ms (RFC 3261, Timer E).
Console.WriteLine("Alice asks Bob what he can do.");
var options = alice.CreateRequest(SipMethod.Options, SipUri.Parse("sip:bob@example.com"));
var asked = alice.Deliver(options);
var answer = await asked.Completion;

if (answer is DeliveryOutcome.Answered(var response))
{
    Console.WriteLine($"Bob says {response.StatusCode} {response.ReasonPhrase}.");
}

Console.WriteLine();
Console.WriteLine("How it went, in seconds:");
Console.WriteLine(asked.Explain());

// 2. Deliver to somebody who is silent, and cancel once the message has left.
Console.WriteLine("Alice writes to Carol, and changes her mind.");
var message = alice.CreateRequest(SipMethod.Message, SipUri.Parse("sip:carol@example.net"));
var sent = new TaskCompletionSource<Hop>();
var writing = alice.Deliver(message, new() { OnSent = sent.SetResult });
Console.WriteLine($"Sent to {await sent.Task}.");

var cancelled = alice.CancelDelivery(message.CallId);
var outcome = await writing.Completion;
Console.WriteLine($"{cancelled} delivery cancelled by its Call-ID; it ended {outcome.Kind}.");

// What a script reads: 0 when both ended as they should.
return answer is DeliveryOutcome.Answered && outcome is DeliveryOutcome.Cancelled ? 0 : 1;
