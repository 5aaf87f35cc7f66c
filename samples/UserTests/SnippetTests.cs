// The program of docs/testing.md.
using Microsoft.VisualStudio.TestTools.UnitTesting;
using SipFun;
using SipFun.Testing;

namespace UserTests;

[TestClass]
public sealed class SnippetTests
{
    [TestMethod]
    public async Task ARequestFindsItsWayOverABadLink()
    {
        await using var network = new SimulatedNetwork(seed: 42);
        var alice = await network.AddHost("alice", "10.0.0.1").StartDispatcherAsync();
        var bob = await network.AddHost("bob", "10.0.0.2").StartDispatcherAsync();
        bob.SetReceiver(received =>
        {
            received.Respond(received.CreateResponse(StatusCode.Ok));
            return Receipt.Handled;
        });

        network.Conditions = new() { Loss = 0.5, Delay = TimeSpan.FromMilliseconds(20) };
        var request = alice.CreateRequest(SipMethod.Options, SipUri.Parse("sip:bob@10.0.0.2"));
        var delivery = alice.Deliver(request);
        var outcome = network.Run(delivery.Completion); // moves time on until it is there

        Console.WriteLine($"{outcome.Kind} after {network.Now}");
        Console.WriteLine(network.Ladder());

        Assert.AreEqual(DeliveryOutcomeKind.Answered, outcome.Kind);
    }
}
