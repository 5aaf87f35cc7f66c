// A telephone at the console: registers, calls, answers, hangs up. It only signals; nobody hears anything.
//   Softphone sip:alice@example.com [PASSWORD [sip:registrar.example.com]]
using SipFun;
using Softphone;

SipUri? registrar = null;

if (
    args is not [var own, .. var more]
    || !SipUri.TryParse(own, out var address)
    || more is [_, var place, ..] && !SipUri.TryParse(place, out registrar)
)
{
    Console.Error.WriteLine("Usage: Softphone sip:user@domain [PASSWORD [REGISTRAR]]");
    return 64;
}

await using var dispatcher = await Dispatcher.StartAsync(new());
await using var agent = new UserAgent(
    dispatcher,
    new()
    {
        Address = NameAddr.Create(address),
        Credentials = more is [var password, ..]
            ? [new DigestCredentials(address.User ?? "", password)]
            : [],
        Registrar = registrar,
    }
);
var telephone = new Telephone(agent);
dispatcher.SetReceiver(agent);

if (more.Length > 0)
{
    try
    {
        var registration = await agent.RegisterAsync();
        Console.WriteLine($"Registered for {registration.Expires.TotalSeconds} s.");
    }
    catch (RegistrationException refused)
    {
        Console.WriteLine(refused.Message);
    }
}

foreach (var leg in dispatcher.Legs)
{
    Console.WriteLine($"listening {leg}");
}

Console.WriteLine("call URI, answer, reject, hangup, quit");

while (Console.ReadLine() is { } line && line != "quit")
{
    await telephone.DoAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}

return 0;
