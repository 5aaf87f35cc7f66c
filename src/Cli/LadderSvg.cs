using System.Globalization;
using System.Xml;

namespace SipFun.Cli;

/// <summary>
/// A ladder as a picture that stands on light and dark ground. Downwards is time, to scale between short
/// and long waits; these are cut and told. A packet that both ends saw slopes by the time that it took.
/// </summary>
internal sealed class LadderSvg
{
    /// <summary>More would be a picture that nobody can look at.</summary>
    public const int Most = 2_000;

    private const double Left = 76;
    private const double Side = 84;
    private const double Column = 250;
    private const double Top = 62;
    private const double PerSecond = 60;
    private const double LeastStep = 30;
    private const double LongestStep = 150;
    private const double LongestSlope = 18;
    private const double Head = 8;

    private const string Style = """
        text { font: 13px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #24292f }
        .name { font-size: 15px; font-weight: 600 }
        .small { font-size: 11px; fill: #656d76 }
        .life { stroke: #afb8c1; stroke-width: 1.5 }
        .cut { stroke: #afb8c1; stroke-width: 1.5; stroke-dasharray: 2 5 }
        .request { stroke: #0969da; fill: #0969da }
        .provisional, .redirection { stroke: #9a6700; fill: #9a6700 }
        .success { stroke: #1a7f37; fill: #1a7f37 }
        .failure { stroke: #cf222e; fill: #cf222e }
        .other { stroke: #6e7781; fill: #6e7781 }
        .copy { stroke: #8c959f; fill: #8c959f }
        .copy line { stroke-dasharray: 6 4 }
        .copy text { fill: #6e7781 }
        g line { stroke-width: 1.6; fill: none }
        g text { stroke: none }
        @media (prefers-color-scheme: dark) {
          text { fill: #e6edf3 }
          .small, .copy text { fill: #9198a1 }
          .life, .cut { stroke: #4d5560 }
          .request { stroke: #58a6ff; fill: #58a6ff }
          .provisional, .redirection { stroke: #d29922; fill: #d29922 }
          .success { stroke: #3fb950; fill: #3fb950 }
          .failure { stroke: #f85149; fill: #f85149 }
          .other, .copy { stroke: #7d8590; fill: #7d8590 }
        }
        """;

    private readonly XmlWriter _xml;
    private readonly LadderChart _chart;
    private readonly List<double> _heights = [];
    private readonly List<(double From, double To, TimeSpan Length)> _cuts = [];

    private LadderSvg(LadderChart chart, XmlWriter xml)
    {
        (_chart, _xml) = (chart, xml);
        LayOut();
    }

    private double Width =>
        Left + (2 * Side) + (Math.Max(0, _chart.Participants.Count - 1) * Column);

    private double Bottom => (_heights.Count > 0 ? _heights[^1] : Top) + 34;

    public static void Draw(LadderChart chart, TextWriter writer)
    {
        var settings = new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true };
        using var xml = XmlWriter.Create(writer, settings);
        var shown = chart with { Arrows = [.. chart.Arrows.Take(Most)] };
        new LadderSvg(shown, xml).Draw(chart.Arrows.Count - shown.Arrows.Count);
    }

    /// <summary>Where on the line each packet leaves; waits that are too long are cut.</summary>
    private void LayOut()
    {
        var (y, before) = (Top + 30, (TimeSpan?)null);

        foreach (var arrow in _chart.Arrows)
        {
            if (before is { } earlier)
            {
                var wait = arrow.Sent - earlier;
                var step = Math.Clamp(wait.TotalSeconds * PerSecond, LeastStep, LongestStep);

                if (wait.TotalSeconds * PerSecond > LongestStep)
                {
                    step = LongestStep / 2;
                    _cuts.Add((y + (step * 0.35), y + (step * 0.7), wait));
                }

                y += step;
            }

            before = arrow.Sent;
            _heights.Add(y);
        }
    }

    private void Draw(int left)
    {
        var (width, height) = (Width, Bottom + (left > 0 ? 26 : 8));
        _xml.WriteStartElement("svg", "http://www.w3.org/2000/svg");
        Attributes(("viewBox", $"0 0 {Number(width)} {Number(height)}"));
        Attributes(("width", Number(width)), ("height", Number(height)), ("role", "img"));
        _xml.WriteElementString("title", "SIP messages in the order of time");
        _xml.WriteElementString("style", Style);

        for (var place = 0; place < _chart.Participants.Count; place++)
        {
            Participant(_chart.Participants[place], place);
        }

        for (var index = 0; index < _chart.Arrows.Count; index++)
        {
            Arrow(_chart.Arrows[index], _heights[index]);
        }

        foreach (var (from, to, length) in _cuts)
        {
            Cut(from, to, length);
        }

        Remark(left);
        _xml.WriteEndElement();
    }

    private void Remark(int left)
    {
        if (left > 0)
        {
            Text(Left, Bottom + 14, "small", "start", $"{left} more packets are not drawn.");
        }
        else if (_chart.Arrows.Count == 0)
        {
            Text(Left, Top, "small", "start", "No packets.");
        }
    }

    private void Participant(LadderParticipant participant, int place)
    {
        var x = Middle(place);
        var isBare = participant.Address.Length == 0;
        Text(x, isBare ? 34 : 24, "name", "middle", participant.Name);

        if (!isBare)
        {
            Text(x, 42, "small", "middle", participant.Address);
        }

        var y = Top - 8;

        foreach (var (from, to, _) in _cuts)
        {
            Line(x, y, x, from, "life");
            Line(x, from, x, to, "cut");
            y = to;
        }

        Line(x, y, x, Bottom, "life");
    }

    private void Cut(double from, double to, TimeSpan length)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0.0} s");
        Text(Left - 12, ((from + to) / 2) + 4, "small", "end", text);
    }

    private void Arrow(LadderArrow arrow, double y)
    {
        var name = arrow.Kind.ToString().ToLowerInvariant();
        _xml.WriteStartElement("g");
        Attributes(("class", arrow.Copy > 1 ? "copy" : name));
        var instant = arrow.Sent.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);
        Text(Left - 12, y + 4, "small", "end", instant);

        if (arrow.From == arrow.To)
        {
            Text(Middle(arrow.From) + 8, y + 4, null, "start", $"\u21ba {arrow.Caption}");
        }
        else
        {
            Flight(arrow, y);
        }

        _xml.WriteEndElement();
    }

    private void Flight(LadderArrow arrow, double y)
    {
        var (start, end) = (Middle(arrow.From), Middle(arrow.To));
        var slope = arrow.Arrived is { } arrived
            ? Math.Clamp((arrived - arrow.Sent).TotalSeconds * PerSecond, 0, LongestSlope)
            : 0;
        var direction = Math.Sign(end - start);
        var tip = arrow.IsLost ? start + ((end - start) * 0.75) : end - (direction * 2);
        var fall = arrow.IsLost ? 0 : slope;
        Line(start, y, tip - (arrow.IsLost ? 0 : direction * Head * 0.8), y + fall, null);
        Text((start + tip) / 2, y + (fall / 2) - 6, null, "middle", arrow.Caption);

        if (arrow.IsLost)
        {
            Line(tip - 5, y - 5, tip + 5, y + 5, null);
            Line(tip - 5, y + 5, tip + 5, y - 5, null);
        }
        else
        {
            Tip(tip, y + fall, direction);
        }
    }

    private void Tip(double x, double y, int direction)
    {
        var back = x - (direction * Head);
        _xml.WriteStartElement("path");
        Attributes(
            ("d", $"M{Number(x)} {Number(y)}L{Number(back)} {Number(y - 4)}V{Number(y + 4)}Z"),
            ("stroke", "none")
        );
        _xml.WriteEndElement();
    }

    private static double Middle(int place) => Left + Side + (place * Column);

    private void Line(double x1, double y1, double x2, double y2, string? style)
    {
        _xml.WriteStartElement("line");
        Attributes(("x1", Number(x1)), ("y1", Number(y1)), ("x2", Number(x2)), ("y2", Number(y2)));

        if (style is not null)
        {
            Attributes(("class", style));
        }

        _xml.WriteEndElement();
    }

    /// <summary>What came from the network is made printable, and fit for XML.</summary>
    private void Text(double x, double y, string? style, string anchor, string text)
    {
        _xml.WriteStartElement("text");
        Attributes(("x", Number(x)), ("y", Number(y)), ("text-anchor", anchor));

        if (style is not null)
        {
            Attributes(("class", style));
        }

        _xml.WriteString(Printable.Line(text));
        _xml.WriteEndElement();
    }

    private void Attributes(params (string Name, string Value)[] attributes)
    {
        foreach (var (name, value) in attributes)
        {
            _xml.WriteAttributeString(name, value);
        }
    }

    private static string Number(double value) =>
        Math.Round(value, 1).ToString(CultureInfo.InvariantCulture);
}
