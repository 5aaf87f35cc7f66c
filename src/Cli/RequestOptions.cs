using System.CommandLine;
using System.Text;

namespace SipFun.Cli;

/// <summary>What the request of <c>sipfun send</c> says.</summary>
internal sealed class RequestOptions
{
    private readonly Argument<SipMethod?> _method = new("METHOD")
    {
        Description = "OPTIONS, MESSAGE, INVITE or any other",
        CustomParser = Values.Method,
    };

    private readonly Argument<SipUri?> _uri = new("URI")
    {
        Description = "Where to: sip:bob@example.com, sip:127.0.0.1:5060",
        CustomParser = Values.Uri,
    };

    private readonly Option<NameAddr?> _from = new("--from")
    {
        Description = "Who sends it [default: Anonymous]",
        HelpName = "URI",
        CustomParser = Values.Address,
    };

    private readonly Option<NameAddr?> _to = new("--to")
    {
        Description = "To whom [default: the URI]",
        HelpName = "URI",
        CustomParser = Values.Address,
    };

    private readonly Option<KeyValuePair<string, string>[]> _headers = new("--header")
    {
        Description =
            "One more header line, or another value of one that SipFun writes; "
            + "may be repeated",
        HelpName = "'NAME: VALUE'",
        CustomParser = Values.Headers,
    };

    private readonly Option<FileInfo?> _body = new("--body")
    {
        Description =
            "The body; its type is that of --header 'Content-Type: ...', "
            + "else application/sdp for .sdp, else text/plain",
        HelpName = "FILE",
    };

    public RequestOptions(Command command)
    {
        command.Arguments.Add(_method);
        command.Arguments.Add(_uri);
        command.Options.Add(_from);
        command.Options.Add(_to);
        command.Options.Add(_headers);
        command.Options.Add(_body);
    }

    public SipRequest Compose(Dispatcher dispatcher, ParseResult parsed)
    {
        var request = dispatcher.CreateRequest(
            parsed.GetRequiredValue(_method)!,
            parsed.GetRequiredValue(_uri)!,
            parsed.GetValue(_from),
            parsed.GetValue(_to)
        );
        return WithBody(
            WithHeaders(request, parsed.GetValue(_headers) ?? []),
            parsed.GetValue(_body)
        );
    }

    /// <summary>A header that the request has is replaced by the first of that name.</summary>
    private static SipRequest WithHeaders(
        SipRequest request,
        IReadOnlyList<KeyValuePair<string, string>> headers
    )
    {
        var ours = request.Headers.Select(header => header.Key).ToHashSet(_names);

        foreach (var (name, value) in headers)
        {
            try
            {
                request = ours.Remove(name)
                    ? request.WithHeader(name, value)
                    : request.WithAddedHeader(name, value);
            }
            catch (ArgumentException wrong)
            {
                throw Failure.Usage($"--header '{name}: {value}' does not fit: {wrong.Message}");
            }
        }

        return request;
    }

    private static SipRequest WithBody(SipRequest request, FileInfo? file)
    {
        if (file is null)
        {
            return request;
        }

        try
        {
            var type = request.ContentType ?? TypeOf(file);
            return request.WithBody(type, File.ReadAllBytes(file.FullName));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage($"--body {file} cannot be read. {fault.Message}");
        }
    }

    private static string TypeOf(FileInfo file) =>
        file.Extension.Equals(".sdp", StringComparison.OrdinalIgnoreCase)
            ? "application/sdp"
            : "text/plain;charset=utf-8";

    private static readonly StringComparer _names = StringComparer.OrdinalIgnoreCase;
}
