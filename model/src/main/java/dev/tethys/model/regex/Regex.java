package dev.tethys.model.regex;

import com.google.re2j.Pattern;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Regular expression in RE2's syntax, with the meaning that it has in Go. Tests take time linear in
 * the text and bounded memory. Safe for any thread; equal when written alike.
 */
public final class Regex {
  private static final int MAX_CHOICES = 16;

  /** Bytes; shorter strings are in too many values. */
  private static final int MIN_CHOICE = 2;

  private final String expression;
  private final int flags;
  private volatile @Nullable RegexEvaluator search;
  private volatile @Nullable RegexEvaluator whole;
  private volatile @Nullable Capturing capturing;

  private Regex(String expression, int flags) {
    this.expression = expression;
    this.flags = flags;
  }

  /** Most classes of characters for groups in a query: RE2/J takes a second or two for them. */
  private static final int MAX_GROUPS_CLASSES = 1 << 13;

  /**
   * Compiles an expression like Go's {@code regexp.Compile}.
   *
   * @throws RegexSyntaxException if the expression is invalid or too large
   */
  public static Regex compile(String expression) {
    Regex r = new Regex(expression, 0);
    r.search = r.machine(false);
    return r;
  }

  /**
   * An expression for {@link #matches whole texts}, in which a dot also matches a line end, as in
   * matchers of PromQL.
   *
   * @throws RegexSyntaxException if it is not valid, or too large
   */
  public static Regex whole(String expression) {
    Regex r = new Regex(expression, Flags.DOT_NEWLINE);
    r.whole = r.machine(true);
    return r;
  }

  /**
   * Compiles an expression wrapped in {@code ^(?s:} and {@code )$}, for {@link #find}, as in
   * Prometheus's relabeling and {@code label_replace}.
   *
   * @throws RegexSyntaxException if the expression is invalid or too large
   */
  public static Regex anchored(String expression) {
    return compile("^(?s:" + expression + ")$");
  }

  private RegexEvaluator machine(boolean whole) {
    try {
      return new RegexEvaluator(expression, tree(), whole, Dfa.MAX_BYTES);
    } catch (StackOverflowError e) {
      throw tooDeep();
    }
  }

  private RegexNode tree() {
    return RegexParser.parse(expression, flags);
  }

  RegexSyntaxException tooDeep() {
    return new RegexSyntaxException("expression nests too deeply", expression);
  }

  private RegexEvaluator forWhole() {
    RegexEvaluator m = whole;
    if (m == null) {
      m = machine(true);
      whole = m;
    }
    return m;
  }

  private RegexEvaluator forSearch() {
    RegexEvaluator m = search;
    if (m == null) {
      m = machine(false);
      search = m;
    }
    return m;
  }

  /** Whether a text is a match as a whole. */
  public boolean matches(String text) {
    return forWhole().test(text);
  }

  /** Whether UTF-8 bytes are a match as a whole. */
  public boolean matches(byte[] text, int from, int to) {
    return forWhole().test(text, from, to);
  }

  /** Whether there is a match in a text. */
  public boolean find(String text) {
    return forSearch().test(text);
  }

  /** Whether there is a match in UTF-8 bytes. */
  public boolean find(byte[] text, int from, int to) {
    return forSearch().test(text, from, to);
  }

  /**
   * Returns the finite set of strings that match entirely; null if unknown. There are not many more
   * than the expression has characters.
   */
  public @Nullable Set<String> values() {
    return forWhole().values();
  }

  /** Common prefix of all strings that match as a whole; "" if unknown. */
  public String prefix() {
    return forWhole().prefix();
  }

  /**
   * Returns a text contained in every match, compared without regard to the case of ASCII letters;
   * "" if none is known.
   */
  public String requiredText() {
    return Literals.requiredFolded(Literals.sequence(tree()));
  }

  /**
   * Searches for strings, one of which each match contains; empty if none are selective enough for
   * a search.
   */
  public List<ByteSearch> requiredChoices() {
    List<ByteSearch> out = new ArrayList<>();
    for (String text : Literals.requiredChoices(Literals.sequence(tree()), MAX_CHOICES)) {
      ByteSearch s = new ByteSearch(text.getBytes(StandardCharsets.UTF_8));
      if (s.length() < MIN_CHOICE) {
        return List.of();
      }
      out.add(s);
    }
    return out;
  }

  // ---- groups

  /** Pattern of RE2/J with the names of its groups. */
  private record Capturing(Pattern pattern, Map<String, Integer> names) {}

  private Capturing capturing() {
    Capturing c = capturing;
    if (c == null) {
      try {
        RegexNode tree = tree();
        Map<String, Integer> names = new LinkedHashMap<>();
        Literals.names(tree, names);
        c =
            new Capturing(
                Pattern.compile(RegexPrinter.print(tree)), Collections.unmodifiableMap(names));
      } catch (StackOverflowError e) {
        throw tooDeep();
      }
      capturing = c;
    }
    return c;
  }

  /**
   * Matches with their groups. Uses memory for each group at each position of the expression; tests
   * that need no groups do not.
   */
  public Groups groups(CharSequence text) {
    return new Groups(this, capturing().pattern.matcher(text));
  }

  /** Returns the number of capture groups. */
  public int groupCount() {
    return capturing().pattern.groupCount();
  }

  /** Number of the first group of a name; -1 if there is none. */
  public int groupNumber(String name) {
    return capturing().names.getOrDefault(name, -1);
  }

  /** Names of groups with their numbers. */
  public Map<String, Integer> groupNames() {
    return capturing().names;
  }

  /**
   * Refuses an expression of a query whose groups would take long to compile, or much memory to
   * find.
   *
   * @param maxBytes most memory for finding groups
   * @throws RegexSyntaxException if it is too large for that
   */
  public Regex withBoundedGroups(long maxBytes) {
    try {
      if (classes(tree()) > MAX_GROUPS_CLASSES || groupsBytes() > maxBytes) {
        throw new RegexSyntaxException("expression too large", expression);
      }
    } catch (StackOverflowError e) {
      throw tooDeep();
    }
    return this;
  }

  private static long classes(RegexNode n) {
    long classes = n instanceof RegexNode.Chars ? 1 : 0;
    for (RegexNode part : n.parts()) {
      classes += classes(part);
    }
    return classes;
  }

  /** Returns the maximum bytes used to find groups, twice for each instruction and group. */
  public long groupsBytes() {
    Pattern p = capturing().pattern;
    return 2L * p.programSize() * (8L * p.groupCount() + 48);
  }

  /** Returns an expression that matches a text literally. */
  public static String quote(String text) {
    return Pattern.quote(text);
  }

  /** The original expression. */
  public String expression() {
    return expression;
  }

  /** The maximum number of bytes that tests of whole texts may take. */
  public long matchingBytes() {
    return 2L * expression.length() + forWhole().mostBytes();
  }

  /** The maximum number of bytes that {@link #find} may take. */
  public long findingBytes() {
    return 2L * expression.length() + forSearch().mostBytes();
  }

  /** Approximate current memory in bytes. */
  public long bytes() {
    RegexEvaluator s = search;
    RegexEvaluator w = whole;
    return 128L
        + 2L * expression.length()
        + (s == null ? 0 : s.bytes())
        + (w == null ? 0 : w.bytes());
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Regex r && flags == r.flags && expression.equals(r.expression);
  }

  @Override
  public int hashCode() {
    return expression.hashCode();
  }

  @Override
  public String toString() {
    return expression;
  }
}
