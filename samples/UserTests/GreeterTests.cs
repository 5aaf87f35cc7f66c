// Minutes of telephony in milliseconds: the clock is the network's, and the same seed is the same
// story.
using Microsoft.VisualStudio.TestTools.UnitTesting;
using SipFun;
using SipFun.Testing;

namespace UserTests;

[TestClass]
public sealed class GreeterTests : IAsyncDisposable
{
    private static readonly SipUri _bob = SipUri.Parse("sip:bob@10.0.0.2");
    private static readonly SipUri _carol = SipUri.Parse("sip:carol@10.0.0.3");

    private readonly SimulatedNetwork _network = new(seed: 2026);
    private readonly Greeter _greeter;
    private readonly SimulatedHost _office;

    public GreeterTests()
    {
        _office = _network.AddHost("office", "10.0.0.1");
        _greeter = new Greeter(Agent(_office, "sip:office@10.0.0.1"));
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [TestMethod]
    public void WhoAnswersIsReached()
    {
        Answers(Agent(_network.AddHost("bob", "10.0.0.2"), _bob.ToString()));

        var call = _network.Run(() => _greeter.ReachAsync(_bob));

        Assert.IsNotNull(call);
        var end = _network.Run(call.ByeAsync());
        Assert.AreEqual(CallEndKind.HungUp, end.Kind);
    }

    [TestMethod]
    public void WhoIsSilentIsLeftForTheNext()
    {
        Agent(_network.AddHost("bob", "10.0.0.2"), _bob.ToString()).OnInvitation = invitation =>
        {
            invitation.Ring();
            return Task.CompletedTask;
        };
        Answers(Agent(_network.AddHost("carol", "10.0.0.3"), _carol.ToString()));

        var call = _network.Run(() => _greeter.ReachAsync(_bob, _carol));

        Assert.AreEqual("carol", call?.Target.User);
        Assert.IsTrue(_network.Now >= TimeSpan.FromSeconds(15), "Bob had his time.");
    }

    [TestMethod]
    public void ALinkThatLosesHalfIsGoodEnough()
    {
        Answers(Agent(_network.AddHost("bob", "10.0.0.2"), _bob.ToString()));
        _network.Conditions = new() { Loss = 0.5, Delay = TimeSpan.FromMilliseconds(40) };

        var call = _network.Run(() => _greeter.ReachAsync(_bob));

        Assert.IsNotNull(call, _network.Ladder());
    }

    [TestMethod]
    public void APartitionIsTold()
    {
        var bob = _network.AddHost("bob", "10.0.0.2");
        Answers(Agent(bob, _bob.ToString()));
        _network.Partition([_office], [bob]);

        Assert.IsNull(_network.Run(() => _greeter.ReachAsync(_bob)));
        Assert.IsTrue(_network.Trace.All(packet => packet.Fate == PacketFate.Unreachable));
    }

    private UserAgent Agent(SimulatedHost host, string address)
    {
        var dispatcher = _network.Run(host.StartDispatcherAsync());
        var agent = new UserAgent(dispatcher, new() { Address = NameAddr.Parse($"<{address}>") });
        dispatcher.SetReceiver(agent);
        return agent;
    }

    private void Answers(UserAgent agent) =>
        agent.OnInvitation = async invitation =>
        {
            invitation.Ring();
            await Task.Delay(TimeSpan.FromSeconds(2), _network.Time);
            invitation.Accept();
        };
}
