package dev.tethys.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Rules of the language of class docs, messages, pages and documents. CONTRIBUTING.md explains
 * them; each finding names the plain word to use.
 */
final class PlainLanguage {
  /** Marks a line, or a class doc, that quotes another program's wording. The reason follows it. */
  static final String KEEP = "lint:keep";

  /** Longest cell of a table in a document, in characters. */
  static final int LONGEST_CELL = 300;

  private static final int FEWEST_WORDS = 3;

  private static final Pattern OPENER =
      Pattern.compile(
          "(?i)^(what|who|whoever|whom|whose|which|where|whether|how|that|those|this|these|as|its?)\\b");

  /** Expressions that a reader of this field does not expect, with the plain words to use. */
  private static final Map<Pattern, String> DIALECT = new LinkedHashMap<>();

  /** Names of types that the field has a term for. */
  private static final Map<String, String> NAMES =
      Map.ofEntries(
          Map.entry("Burial", "DeadLetterSink"),
          Map.entry("Complaints", "DeliveryErrorLog"),
          Map.entry("Shelf", "QueueStorage"),
          Map.entry("Parcel", "EncodedRequest"),
          Map.entry("Verdict", "SendResult"),
          Map.entry("Deliveries", "Dispatcher"),
          Map.entry("Intake", "QueueAdmission"),
          Map.entry("Backlog", "QueueState"),
          Map.entry("Passage", "DrainScope"),
          Map.entry("Clockwork", "Scheduler"),
          Map.entry("Junction", "FanOutConsumer"),
          Map.entry("Figures", "StoreStats"),
          Map.entry("Horizon", "RetentionCutoff"),
          Map.entry("Pace", "WriteThrottle"),
          Map.entry("Upkeep", "MaintenanceScheduler"),
          Map.entry("Removals", "PendingDeletions"),
          Map.entry("Newcomers", "NewSeriesCache"),
          Map.entry("Handover", "QueueHandoff"),
          Map.entry("Sifting", "RejectedSampleBisector"),
          Map.entry("Turnstile", "PerHostLimiter"),
          Map.entry("Look", "FlushResult"),
          Map.entry("Turns", "ClusterPosition"),
          Map.entry("Around", "Environment"),
          Map.entry("Asking", "Client"),
          Map.entry("Asked", "Request"),
          Map.entry("Beside", "a noun"),
          Map.entry("Ear", "Listener"),
          Map.entry("FirstLooks", "WarmUp"),
          Map.entry("FullQueue", "QueueFullTracker"),
          Map.entry("Handing", "Handover"),
          Map.entry("HandedOut", "IssuedEntry"),
          Map.entry("Horizons", "VisibilityCutoffs"),
          Map.entry("Kept", "CachedEntry"),
          Map.entry("LastLook", "FinalRead"),
          Map.entry("LookNotes", "FlushEvents"),
          Map.entry("Overheard", "LoopbackProbe"),
          Map.entry("Owed", "Unsettled"),
          Map.entry("Parting", "PartRouting"),
          Map.entry("Rounds", "Poller"),
          Map.entry("Said", "Reply"),
          Map.entry("Talk", "Session"),
          Map.entry("Whereabouts", "SearchFolders"));

  /** Names that several domains use; a top-level type carries the domain as prefix. */
  private static final Set<String> GENERIC =
      Set.of("Lexer", "Node", "Pace", "Parser", "Rule", "Token", "TokenKind", "TokenReader");

  /** Names of methods, with the verbs and objects to use. */
  private static final Map<String, String> METHODS =
      Map.ofEntries(
          Map.entry("asked", "requestCount, queryMetrics"),
          Map.entry("costOfLook", "costPerSample"),
          Map.entry("deal", "distribute"),
          Map.entry("door", "endpoint"),
          Map.entry("giveBack", "refund, returnItems"),
          Map.entry("greet", "handshake, ping"),
          Map.entry("handedOut", "issuedEntry"),
          Map.entry("heard", "messagesReceived, handleResult"),
          Map.entry("hurry", "flushBeforeStop"),
          Map.entry("isOurs", "isOwnFormat"),
          Map.entry("isTheirs", "isSupported"),
          Map.entry("knows", "contains"),
          Map.entry("knowsAll", "supportsCalls"),
          Map.entry("letEverybodyIn", "trustLoopbackClients"),
          Map.entry("letGo", "release, removeStale"),
          Map.entry("lets", "allows"),
          Map.entry("look", "probe, refresh, collect"),
          Map.entry("looked", "recordCheck"),
          Map.entry("mum", "multiplyMix"),
          Map.entry("nobody", "noBackendReason"),
          Map.entry("owe", "addUnsettled"),
          Map.entry("parcel", "encodedRequest"),
          Map.entry("phone", "findPhoneNumber"),
          Map.entry("robot", "robotTargets"),
          Map.entry("rumour", "stateMessage"),
          Map.entry("said", "describe, errorText"),
          Map.entry("say", "log, print"),
          Map.entry("saying", "withName"),
          Map.entry("shakeHands", "handshake"),
          Map.entry("someToTell", "gossipTargets"),
          Map.entry("takeApart", "splitSample"),
          Map.entry("talk", "runSession"),
          Map.entry("tell", "logFailure, sendEvents"),
          Map.entry("telling", "callsRestrictContext"),
          Map.entry("tellHops", "reportHopLimit"),
          Map.entry("throwOut", "evict"),
          Map.entry("tidy", "reclaimSpace"),
          Map.entry("told", "handleOutcome, describe"),
          Map.entry("unforeseen", "logFailure"),
          Map.entry("verdict", "sendResult"),
          Map.entry("wants", "includes, isEnabled"),
          Map.entry("whereabouts", "searchFolders"),
          Map.entry("who", "senderOf"),
          Map.entry("why", "reason, describe"),
          Map.entry("wish", "booleanKey"),
          Map.entry("yieldsTo", "isSupersededBy"));

  private static final Pattern NAME_ENDING = Pattern.compile("(Parcels?|Door|Look)$");

  static {
    dialect("(is|are|be|was|were|been|being|gets?) told", "is notified, is reported, is logged");
    dialect("tells? (of|about|who|what|that)", "reports, shows, describes");
    dialect("(goes|go|went|going) on", "continues");
    dialect("for good", "permanently");
    dialect("of (ours|theirs|its own|our own|their own|one's own|your own)", "own, custom");
    dialect("behind (it|them|that one)", "after, following");
    dialect("besides? (it|them|the|a|an|real|those)", "next to, in addition to, compared with");
    dialect("in the place of", "instead of");
    dialect("(nobody|whoever|whatever|whomever|somebody|everybody)", "the actor: client, sender");
    dialect("giv(en|e|es|ing) up", "timed out, dropped, failed after");
    dialect("mend(s|ed|ing)?", "fix, repair");
    dialect("(stands?|standing|stood) (for|in|at|there|as|on|behind|beside)", "is, represents");
    dialect("wants?\\b(?! to)", "requires, must be");
    dialect("(hears?|heard|hearing) (of|from|about|what)", "receives, is notified");
    dialect("look(s|ed|ing)? at\\b(?! the)", "checks, inspects, reads");
    dialect("told apart", "distinguished");
    dialect("(lies|lie|lay) (in|at|on|beside|behind|there|below)", "is in, is stored in");
    dialect("hand(s|ed|ing)? (on|over|out|in|back)", "forwards, passes, returns");
    dialect("(come|comes|came) (of|to|by) (it|them|that|this)", "results");
    dialect("(is|are|was|were|be|been) had", "is available, can be obtained");
    dialect(
        "(the|a|this|each|every|own|other|what) (rooms?|house|doors?)", "module, space, endpoint");
    dialect("(without more ado|as it were|so to say|by and by|to and fro)", "leave it out");
    dialect("(ere|hence|thence|whence|thereof|therein|wherein|lest|aught|naught)", "a plain word");
  }

  /** Departure from a rule, in a line of a file, counted from 1. */
  record Finding(int line, String text) {}

  /** Literal of a Java source. */
  record Literal(int line, String text) {}

  /** Comment of a Java source, without its marks, on one line. */
  record Comment(int line, String text) {}

  /** Type that a Java source declares. */
  record TypeName(int line, String name, boolean topLevel) {}

  /** Method that a Java source declares. */
  record MethodName(int line, String name) {}

  /** Doc comment of a type. */
  record TypeDoc(int line, String name, String text) {}

  private static final Pattern TYPE =
      Pattern.compile(
          "\\s*(?:@\\w+(?:\\([^)]*\\))?\\s*)*"
              + "(?:(?:public|protected|private|static|final|abstract|sealed|non-sealed)\\s+)*"
              + "(?:class|interface|record|enum|@interface)\\s+(\\w+)");

  private final List<Literal> literals = new ArrayList<>();
  private final List<TypeDoc> docs = new ArrayList<>();
  private final List<Comment> comments = new ArrayList<>();
  private final List<TypeName> types = new ArrayList<>();
  private final List<MethodName> methods = new ArrayList<>();

  private PlainLanguage() {}

  private static void dialect(String expression, String plain) {
    DIALECT.put(Pattern.compile("(?i)\\b" + expression + "\\b"), plain);
  }

  /** Findings of a Java source. */
  static List<Finding> java(String source) {
    PlainLanguage p = new PlainLanguage();
    p.scan(source);
    String[] lines = source.split("\n", -1);
    List<Finding> out = new ArrayList<>();
    for (Literal l : p.literals) {
      if (!lines[l.line() - 1].contains(KEEP)) {
        words(l.line(), l.text(), out);
      }
    }
    for (TypeDoc d : p.docs) {
      if (d.text().contains(KEEP)) {
        continue;
      }
      if (OPENER.matcher(d.text()).find()) {
        String text = d.name() + ": the class doc opens with a pronoun or question word";
        out.add(new Finding(d.line(), text + "; open it with a noun phrase or a verb"));
      }
    }
    for (Comment c : p.comments) {
      if (!c.text().contains(KEEP)) {
        dialect(c.line(), OWN_THING.matcher(c.text()).replaceAll("own"), out);
      }
    }
    for (TypeName n : p.types) {
      name(n, out);
    }
    for (MethodName n : p.methods) {
      String better = METHODS.get(n.name());
      if (better != null) {
        String start = "method " + n.name() + ": use a verb and its object";
        out.add(new Finding(n.line(), start + ", such as " + better));
      }
    }
    return out;
  }

  private static void name(TypeName n, List<Finding> out) {
    String better = NAMES.get(n.name());
    String start = "type " + n.name() + ": use ";
    if (better != null) {
      out.add(new Finding(n.line(), start + "a field term such as " + better));
    } else if (NAME_ENDING.matcher(n.name()).find()) {
      out.add(new Finding(n.line(), start + "…RequestEncoder, …Endpoint or …Snapshot"));
    } else if (n.topLevel() && GENERIC.contains(n.name())) {
      out.add(new Finding(n.line(), start + "the domain as prefix, as in Promql" + n.name()));
    }
  }

  /** "of its own copy" is plain, "a copy of its own" is not. */
  private static final Pattern OWN_THING =
      Pattern.compile("(?i)\\bof (its|their|our|your|one's) own(?= [a-z])");

  private static final Pattern DECLARATION =
      Pattern.compile(
          "\\b(?:class|interface|record|enum)\\s+([A-Z]\\w*)\\s*(?=[<({]|extends|implements|permits)");

  /** Return type, name and parenthesis of a method; calls have no type before the name. */
  private static final Pattern METHOD =
      Pattern.compile(
          "(?:(?<!\\w)(?!(?:return|new|throw|else|yield|case|assert|do)\\s)\\w+|[\\w?>\\]]>|\\])"
              + "\\s+([a-z]\\w*)\\(");

  private static final Pattern SCRIPT_TEXT =
      Pattern.compile("'((?:[^'\\\\]|\\\\.)*)'|\"((?:[^\"\\\\]|\\\\.)*)\"|`([^`]*)`|>([^<>{}]+)<");

  /** Findings of a TypeScript source of the UI: literals, and text between tags. */
  static List<Finding> script(String source) {
    List<Finding> out = new ArrayList<>();
    String[] lines = source.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      String bare = lines[i].strip();
      if (bare.startsWith("//") || bare.startsWith("*") || bare.startsWith("/*")) {
        continue;
      }
      if (lines[i].contains(KEEP) || bare.startsWith("import ")) {
        continue;
      }
      Matcher m = SCRIPT_TEXT.matcher(lines[i]);
      while (m.find()) {
        for (int g = 1; g <= m.groupCount(); g++) {
          if (m.group(g) != null) {
            words(i + 1, m.group(g), out);
          }
        }
      }
    }
    return out;
  }

  /** Findings of a Markdown document, outside code. */
  static List<Finding> document(String text) {
    List<Finding> out = new ArrayList<>();
    boolean code = false;
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      String line = lines[i];
      if (line.stripLeading().startsWith("```")) {
        code = !code;
      } else if (!code && !line.startsWith("    ") && !line.contains(KEEP)) {
        String prose = line.replaceAll("\\]\\([^)]*\\)", "]").replaceAll("`[^`]*`", "`code`");
        if (line.startsWith("|")) {
          for (String cell : prose.split("\\|", -1)) {
            if (cell.strip().length() > LONGEST_CELL) {
              String size = cell.strip().length() + " characters in a table cell";
              out.add(new Finding(i + 1, size + "; at most " + LONGEST_CELL + ", use a section"));
            }
          }
        }
        dialect(i + 1, prose, out);
      }
    }
    return out;
  }

  private static void words(int line, String text, List<Finding> out) {
    if (text.strip().split("\\s+", -1).length >= FEWEST_WORDS) {
      dialect(line, text, out);
    }
  }

  private static void dialect(int line, String text, List<Finding> out) {
    DIALECT.forEach(
        (pattern, plain) -> {
          Matcher m = pattern.matcher(text);
          while (m.find()) {
            out.add(new Finding(line, "\"" + m.group() + "\"; use: " + plain));
          }
        });
  }

  /** Collects literals, comments and declared types; text blocks are skipped. */
  private void scan(String s) {
    StringBuilder code = new StringBuilder(s.length());
    int line = 1;
    int i = 0;
    while (i < s.length()) {
      int end;
      int begin = i;
      if (s.startsWith("//", i)) {
        end = s.indexOf('\n', i);
        end = end < 0 ? s.length() : end;
        comments.add(new Comment(line, s.substring(i + 2, end).strip()));
      } else if (s.startsWith("/*", i)) {
        end = after(s, "*/", i + 2);
        comments.add(new Comment(line, bare(s.substring(i + 2, Math.max(i + 2, end - 2)))));
        if (s.startsWith("/**", i)) {
          Matcher type = TYPE.matcher(s).region(end, s.length());
          if (type.lookingAt()) {
            String text = bare(s.substring(i + 3, Math.max(i + 3, end - 2)));
            docs.add(new TypeDoc(line, type.group(1), text));
          }
        }
      } else if (s.startsWith("\"\"\"", i)) {
        end = after(s, "\"\"\"", i + 3);
      } else if (s.charAt(i) == '"' || s.charAt(i) == '\'') {
        end = i + 1;
        while (end < s.length() && s.charAt(end) != s.charAt(i) && s.charAt(end) != '\n') {
          end += s.charAt(end) == '\\' ? 2 : 1;
        }
        end = Math.min(end + 1, s.length());
        if (s.charAt(i) == '"') {
          literals.add(new Literal(line, s.substring(i + 1, Math.max(i + 1, end - 1))));
        }
      } else {
        end = i + 1;
        code.append(s.charAt(i));
      }
      end = end < 0 ? s.length() : end;
      for (; i < end; i++) {
        boolean next = s.charAt(i) == '\n';
        line += next ? 1 : 0;
        if (next && end > begin + 1) {
          code.append('\n');
        }
      }
    }
    declarations(code);
  }

  /**
   * Finds declared types and methods in code without comments and literals, whose lines are those
   * of the file.
   */
  private void declarations(CharSequence code) {
    Matcher m = DECLARATION.matcher(code);
    int line = 1;
    int depth = 0;
    int at = 0;
    while (m.find()) {
      for (; at < m.start(); at++) {
        char c = code.charAt(at);
        line += c == '\n' ? 1 : 0;
        depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      }
      types.add(new TypeName(line, m.group(1), depth == 0));
    }
    Matcher method = METHOD.matcher(code);
    line = 1;
    at = 0;
    while (method.find()) {
      for (; at < method.start(1); at++) {
        line += code.charAt(at) == '\n' ? 1 : 0;
      }
      methods.add(new MethodName(line, method.group(1)));
    }
  }

  /** A block comment without the marks at the start of its lines. */
  private static String bare(String comment) {
    return comment.replaceAll("(?m)^\\s*\\*", "").replaceAll("\\s+", " ").strip();
  }

  private static int after(String s, String mark, int from) {
    int at = s.indexOf(mark, from);
    return at < 0 ? s.length() : at + mark.length();
  }
}
