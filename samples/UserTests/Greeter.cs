// The application under test: it answers calls, and tries a second number when the first is silent.
using SipFun;

namespace UserTests;

/// <summary>Calls one number after the other until somebody answers.</summary>
internal sealed class Greeter(UserAgent agent)
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);

    /// <summary>The call that was answered; null: none.</summary>
    public async Task<Call?> ReachAsync(params SipUri[] numbers)
    {
        foreach (var number in numbers)
        {
            var call = await agent.CallAsync(number, new() { AnswerWithin = _patience });

            if (await call.Answered is not null)
            {
                return call;
            }
        }

        return null;
    }
}
