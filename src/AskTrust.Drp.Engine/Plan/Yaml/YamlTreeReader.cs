using System.Diagnostics.CodeAnalysis;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace AskTrust.Drp.Engine.Plan.Yaml;

/// <summary>
/// Text to tree. The parser's events are used, not its object mapper, so that every value keeps its place. Aliases share
/// a node instead of copying it, and the number of values they stand for is bounded.
/// </summary>
internal sealed class YamlTreeReader
{
    private const int MaxDepth = 24;
    private const long MaxWeight = 20_000;

    private readonly Dictionary<string, YamlNode> _anchors = new(StringComparer.Ordinal);
    private readonly ProblemList _problems;
    private readonly Parser _parser;
    private readonly bool _foreign;
    private readonly Stack<ParsingEvent> _flow = [];
    private Mark _last = new(0, 1, 1);

    private YamlTreeReader(string masked, ProblemList problems, bool foreign)
    {
        _problems = problems;
        _foreign = foreign;
        _parser = new Parser(new Scanner(new StringReader(masked), skipComments: true));
    }

    /// <summary>Reads the only document of a text; null when that is not possible, which is then among the problems.</summary>
    /// <param name="text">The text.</param>
    /// <param name="problems">Takes what is wrong.</param>
    /// <param name="foreign">A file of another program (Compose): tags are passed over and merge keys merged.</param>
    public static YamlNode? Read(string text, ProblemList problems, bool foreign = false)
    {
        if (ReferenceMask.Forbids(text, problems)) return null;
        try
        {
            return new YamlTreeReader(foreign ? text : ReferenceMask.Apply(text), problems, foreign).ReadDocument();
        }
        catch (YamlException e)
        {
            YamlErrors.Explain(e, text, problems);
            return null;
        }
        catch (StopException)
        {
            return null;
        }
    }

    private YamlNode? ReadDocument()
    {
        Next<StreamStart>();
        if (_parser.Current is StreamEnd)
        {
            _problems.Add(1, 1, PlanTexts.FileEmpty);
            return null;
        }

        Next<DocumentStart>();
        var root = ReadNode(0);
        Next<DocumentEnd>();
        if (_parser.Current is not StreamEnd) Stop(_parser.Current!.Start, PlanTexts.SeveralDocuments);
        return root;
    }

    private YamlNode ReadNode(int depth)
    {
        // The parser does not always balance its events when a text is broken.
        if (_parser.Current is not (NodeEvent or AnchorAlias)) Stop(_parser.Current?.Start ?? _last, PlanTexts.NotYaml);
        var current = _parser.Current;
        if (depth > MaxDepth) Stop(current.Start, Host.Text.Of(PlanTexts.TooDeep, MaxDepth));
        if (current is AnchorAlias alias)
        {
            Advance();
            if (!_anchors.TryGetValue(alias.Value.Value, out var shared)) Stop(alias.Start, PlanTexts.UnknownAlias);
            return shared;
        }

        var start = (NodeEvent)current;
        // “!” alone on a quoted scalar and the core tags change nothing that matters here, but nobody needs them either.
        if (!start.Tag.IsEmpty && !_foreign) _problems.Add(Line(start.Start), Column(start.Start), PlanTexts.TagRefused);
        YamlNode node = start switch
        {
            Scalar scalar => ReadScalar(scalar),
            SequenceStart sequence => ReadList(sequence, depth),
            _ => ReadMap((MappingStart)start, depth),
        };
        if (node.Weight > MaxWeight) Stop(start.Start, Host.Text.Of(PlanTexts.TooManyValues, MaxWeight));
        if (!start.Anchor.IsEmpty) _anchors[start.Anchor.Value] = node;
        return node;
    }

    private YamlScalar ReadScalar(Scalar scalar)
    {
        Advance();
        bool plain = scalar.Style == ScalarStyle.Plain;
        string text = ReferenceMask.Undo(scalar.Value, out bool masked);
        if (masked && plain && _flow.Count > 0) _problems.Add(Line(scalar.Start), Column(scalar.Start), PlanTexts.ReferenceNeedsQuotes);
        return new YamlScalar(Line(scalar.Start), Column(scalar.Start), text, plain, _flow.Count > 0);
    }

    private YamlList ReadList(SequenceStart start, int depth)
    {
        Advance();
        if (start.Style == SequenceStyle.Flow) _flow.Push(start);
        List<YamlNode> items = [];
        while (_parser.Current is not SequenceEnd) items.Add(ReadNode(depth + 1));
        if (start.Style == SequenceStyle.Flow) _flow.Pop();
        Advance();
        return new YamlList(Line(start.Start), Column(start.Start), items);
    }

    private YamlMap ReadMap(MappingStart start, int depth)
    {
        Advance();
        if (start.Style == MappingStyle.Flow) _flow.Push(start);
        List<YamlEntry> entries = [];
        List<YamlNode> merged = [];
        Dictionary<string, int> lines = new(StringComparer.Ordinal);
        while (_parser.Current is not MappingEnd)
        {
            var keyNode = ReadNode(depth + 1);
            var value = ReadNode(depth + 1);
            if (keyNode is not YamlScalar key)
            {
                _problems.Add(keyNode.Line, keyNode.Column, PlanTexts.KeyNotText);
            }
            else if (key is { IsPlain: true, Text: "<<" })
            {
                if (!_foreign) _problems.Add(key.Line, key.Column, PlanTexts.MergeKeyRefused);
                merged.AddRange(value is YamlList several ? several.Items : [value]);
            }
            else if (lines.TryAdd(key.Text, key.Line))
            {
                entries.Add(new YamlEntry(key, value));
            }
            else
            {
                _problems.Add(key.Line, key.Column, Host.Text.Of(PlanTexts.DuplicateKey, Wording.Shown(key.Text), lines[key.Text]));
            }
        }

        // What the mapping says itself comes first, then earlier merges.
        foreach (var entry in merged.OfType<YamlMap>().SelectMany(m => m.Entries))
        {
            if (lines.TryAdd(entry.Key.Text, entry.Key.Line)) entries.Add(entry);
        }

        if (start.Style == MappingStyle.Flow) _flow.Pop();
        Advance();
        // A mapping inside a list in brackets (`[a: b]`) is announced at the wrong place: its first key knows better.
        var place = entries.Count > 0 && Line(start.Start) < entries[0].Key.Line && start.Style == MappingStyle.Flow && _flow.Count > 0 ? entries[0].Key : null;
        return new YamlMap(place?.Line ?? Line(start.Start), place?.Column ?? Column(start.Start), entries);
    }

    private void Advance()
    {
        if (_parser.Current is { } current) _last = current.End;
        try
        {
            _parser.MoveNext();
        }
        catch (Exception e) when (e is not YamlException)
        {
            // The parser is known to fall over some broken texts (a bracket left open above a key further left) in place of refusing them.
            Stop(_last, _flow.TryPeek(out var open) ? open is MappingStart ? PlanTexts.BraceNotClosed : PlanTexts.BracketNotClosed : PlanTexts.NotYaml);
        }
    }

    private void Next<T>()
        where T : ParsingEvent
    {
        if (_parser.Current is null) Advance();
        if (_parser.Current is T) Advance();
    }

    [DoesNotReturn]
    private void Stop(Mark at, string message)
    {
        _problems.Add(Line(at), Column(at), message);
        throw new StopException();
    }

    private static int Line(Mark mark) => (int)mark.Line;

    private static int Column(Mark mark) => (int)mark.Column;

    /// <summary>Leaves the recursion once reading on makes no sense; the problem is already in the list.</summary>
#pragma warning disable CA1064 // never leaves this class
    private sealed class StopException : Exception;
#pragma warning restore CA1064
}
