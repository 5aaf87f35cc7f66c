// SipFun's core in an event loop of one's own: one thread, no shell. Alice asks Bob for his options; her
// first packet is lost on purpose, so that the alarm has something to do.
using System.Net.Sockets;
using OwnLoop;
using SipFun;

using var alice = new Endpoint("Alice", losing: 1);
using var bob = new Endpoint("Bob");
Endpoint[] endpoints = [alice, bob];
SipResponse? answer = null;

alice.OnAnswer = response => answer = response;
alice.Ask(SipMethod.Options, bob);

while (answer is null && endpoints.Any(endpoint => endpoint.NextAlarm is not null))
{
    // Wait for the first of all sockets and alarms, then do what there is to do.
    var wait = endpoints.Min(endpoint => endpoint.NextAlarm) ?? Timeout.InfiniteTimeSpan;
    var readable = endpoints.Select(endpoint => endpoint.Socket).ToList();
    Socket.Select(readable, null, null, wait);

    foreach (var endpoint in endpoints)
    {
        if (readable.Contains(endpoint.Socket))
        {
            endpoint.Receive();
        }

        if (endpoint.NextAlarm <= TimeSpan.Zero)
        {
            endpoint.Tick();
        }
    }
}

Console.WriteLine(answer is null ? "Nobody answered." : $"The answer is {answer.StatusCode}.");
return answer?.IsSuccess == true ? 0 : 1;
