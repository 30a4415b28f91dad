package dev.tethys.query.logql.pipeline;

import dev.tethys.model.logs.LogFilter;
import dev.tethys.model.regex.Regex;
import dev.tethys.query.logql.ast.Stage.LineFilter;
import dev.tethys.query.logql.ast.Stage.LineOp;
import dev.tethys.query.logql.ast.Stage.Operand;
import dev.tethys.query.logql.parser.LogqlParseException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Line filters as conditions that a store tests, or literals if an expression consists of them. */
public final class LineFilters {
  private LineFilters() {}

  /**
   * Conditions of a filter; a line must satisfy all of them. Filters that every line meets have
   * none.
   *
   * @throws LogqlParseException if an operand is not valid
   */
  public static List<LogFilter.Line> compile(LineFilter f) {
    return switch (f.op()) {
      case CONTAINS, NOT_CONTAINS -> contains(f);
      case MATCHES, NOT_MATCHES -> matches(f);
      case PATTERN, NOT_PATTERN -> pattern(f);
    };
  }

  private static List<LogFilter.Line> contains(LineFilter f) {
    boolean negated = f.op() == LineOp.NOT_CONTAINS;
    List<byte[]> texts = new ArrayList<>();
    List<IpPattern> ips = new ArrayList<>();
    for (Operand o : f.operands()) {
      if (o.ip()) {
        try {
          ips.add(IpPattern.parse(o.text()));
        } catch (IpPattern.IpException e) {
          throw new LogqlParseException(e.reason());
        }
      } else {
        if (o.text().isEmpty() && !negated) {
          return List.of(); // every line contains it
        }
        texts.add(o.text().getBytes(StandardCharsets.UTF_8));
      }
    }
    LogFilter.Contains literals =
        texts.isEmpty() ? null : new LogFilter.Contains(List.copyOf(texts), negated);
    if (ips.isEmpty()) {
      return literals == null ? List.of() : List.of(literals);
    }
    return List.of(
        new LogFilter.Test(
            (b, from, to) -> {
              boolean found = false;
              for (int i = 0; i < ips.size() && !found; i++) {
                found = ips.get(i).found(b, from, to);
              }
              return negated
                  ? !found && (literals == null || literals.fits(b, from, to))
                  : found || literals != null && literals.fits(b, from, to);
            }));
  }

  private static List<LogFilter.Line> matches(LineFilter f) {
    boolean negated = f.op() == LineOp.NOT_MATCHES;
    StringBuilder all = new StringBuilder();
    List<Regex> compiled = new ArrayList<>();
    Set<String> literals = new java.util.LinkedHashSet<>();
    boolean onlyLiterals = true;
    for (Operand o : f.operands()) {
      if (o.ip()) {
        throw new LogqlParseException(
            "ip: invalid operation: ip() can be used with |= and != only, not with "
                + f.op().text());
      }
      if (o.text().isEmpty() || o.text().equals(".*")) {
        return negated ? List.of(nothing()) : List.of();
      }
      try {
        compiled.add(Regex.compile(o.text()));
      } catch (IllegalArgumentException e) {
        throw new LogqlParseException(String.valueOf(e.getMessage()));
      }
      all.append(all.isEmpty() ? "" : "|").append("(?:").append(o.text()).append(')');
      Set<String> l = literals(o.text());
      if (l == null) {
        onlyLiterals = false;
      } else {
        literals.addAll(l);
      }
    }
    if (onlyLiterals) {
      return List.of(
          new LogFilter.Contains(
              literals.stream().map(s -> s.getBytes(StandardCharsets.UTF_8)).toList(), negated));
    }
    return List.of(
        new LogFilter.Matches(
            compiled.size() == 1 ? compiled.getFirst() : Regex.compile(all.toString()), negated));
  }

  private static LogFilter.Line nothing() {
    return new LogFilter.Contains(List.of(), false);
  }

  /**
   * Strings of which a line contains one exactly if an expression is found in it; null if the
   * expression is more than that. {@code .*} at an end of a search changes nothing.
   */
  static @Nullable Set<String> literals(String expression) {
    String s = expression;
    while (s.startsWith(".*")) {
      s = s.substring(2);
    }
    while (s.endsWith(".*") && !s.endsWith("\\.*")) {
      s = s.substring(0, s.length() - 2);
    }
    if (s.isEmpty()) {
      return null;
    }
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      boolean plain =
          c > 0x7f || Character.isLetterOrDigit(c) || " |_-,:;/=\"'<>@#%&!~`".indexOf(c) >= 0;
      if (!plain) {
        return null;
      }
    }
    if (s.length() != expression.length() && s.indexOf('|') >= 0) {
      return null; // the blanks belong to one alternative
    }
    Set<String> out = new java.util.LinkedHashSet<>();
    for (String part : s.split("\\|", -1)) {
      if (part.isEmpty()) {
        return null;
      }
      out.add(part);
    }
    return out;
  }

  private static List<LogFilter.Line> pattern(LineFilter f) {
    boolean negated = f.op() == LineOp.NOT_PATTERN;
    List<LinePattern> patterns = new ArrayList<>();
    for (Operand o : f.operands()) {
      if (o.ip()) {
        throw new LogqlParseException(
            "ip: invalid operation: ip() can be used with |= and != only, not with "
                + f.op().text());
      }
      try {
        patterns.add(LinePattern.forFilter(o.text()));
      } catch (LinePattern.PatternException e) {
        throw new LogqlParseException(e.reason());
      }
    }
    List<LogFilter.Line> out = new ArrayList<>();
    if (patterns.size() == 1 && !negated) { // a store looks for literals first
      for (byte[] l : patterns.getFirst().literals()) {
        out.add(new LogFilter.Contains(List.of(l), false));
      }
    }
    out.add(
        new LogFilter.Test(
            (b, from, to) -> {
              for (LinePattern p : patterns) {
                if (p.fits(b, from, to)) {
                  return !negated;
                }
              }
              return negated;
            }));
    return out;
  }
}
