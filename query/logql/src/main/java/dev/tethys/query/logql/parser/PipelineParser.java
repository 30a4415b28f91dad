package dev.tethys.query.logql.parser;

import dev.tethys.model.GoQuote;
import dev.tethys.model.Matcher;
import dev.tethys.query.logql.ast.Comparison;
import dev.tethys.query.logql.ast.Condition;
import dev.tethys.query.logql.ast.MetricExpr.Conversion;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.Stage;
import dev.tethys.query.logql.ast.Stage.Assignment;
import dev.tethys.query.logql.ast.Stage.Extraction;
import dev.tethys.query.logql.ast.Stage.LabelTest;
import dev.tethys.query.logql.ast.Stage.LineOp;
import dev.tethys.query.logql.ast.Stage.Operand;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses selectors and the stages of pipelines. */
final class PipelineParser {
  private static final List<String> STAGES =
      List.of(
          "json",
          "logfmt",
          "pattern",
          "regexp",
          "unpack",
          "unwrap",
          "line_format",
          "label_format",
          "decolorize",
          "drop",
          "keep");

  private final LogqlTokenReader in;

  PipelineParser(LogqlTokenReader in) {
    this.in = in;
  }

  // ---- selector

  List<Matcher> selector() {
    in.require(LogqlTokenKind.OPEN_BRACE);
    List<Matcher> matchers = new ArrayList<>();
    if (in.skip(LogqlTokenKind.CLOSE_BRACE)) {
      return matchers;
    }
    while (true) {
      if (!in.kind().isWord()) {
        throw matchers.isEmpty() ? in.unexpected("IDENTIFIER", "}") : in.unexpected("IDENTIFIER");
      }
      String name = in.take().text();
      matchers.add(matcher(name, matcherType()));
      if (in.skip(LogqlTokenKind.CLOSE_BRACE)) {
        return matchers;
      }
      if (!in.skip(LogqlTokenKind.COMMA)) {
        throw in.unexpected("}", ",");
      }
    }
  }

  private Matcher.Type matcherType() {
    Matcher.Type type =
        switch (in.kind()) {
          case EQ -> Matcher.Type.EQUAL;
          case NEQ -> Matcher.Type.NOT_EQUAL;
          case RE -> Matcher.Type.REGEX;
          case NRE -> Matcher.Type.NOT_REGEX;
          default -> throw in.unexpected("=", "=~", "!~", "!=");
        };
    in.take();
    return type;
  }

  private Matcher matcher(String name, Matcher.Type type) {
    LogqlToken value = in.expect(LogqlTokenKind.STRING);
    try {
      return Matcher.of(type, name, value.text());
    } catch (IllegalArgumentException e) {
      throw new LogqlParseException(value.line(), value.column(), String.valueOf(e.getMessage()));
    }
  }

  // ---- pipeline

  /** Stages up to the end of the pipeline; fills an unwrap if one is allowed. */
  void stages(List<Stage> stages, @Nullable UnwrapTarget unwrap) {
    while (in.atStage()) {
      if (!in.at(LogqlTokenKind.PIPE)) {
        if (unwrap != null && unwrap.value != null) {
          throw in.unexpected();
        }
        lineFilter(stages);
        continue;
      }
      in.take();
      if (unwrap != null && unwrap.value != null) {
        unwrap.filter(labelFilter());
        continue;
      }
      if (in.at(LogqlTokenKind.UNWRAP) && !isLabelName()) {
        if (unwrap == null) {
          throw in.unexpected();
        }
        in.take();
        unwrap.value = unwrap();
        continue;
      }
      stages.add(stage());
    }
  }

  /** Place for the unwrap of a range. */
  static final class UnwrapTarget {
    @Nullable Unwrap value;

    void filter(Condition c) {
      Unwrap u = value;
      if (u != null) {
        List<Condition> all = new ArrayList<>(u.filters());
        all.add(c);
        value = new Unwrap(u.label(), u.conversion(), all);
      }
    }
  }

  private Unwrap unwrap() {
    if (in.at(LogqlTokenKind.CONVERSION)) {
      Conversion c = Conversion.valueOf(in.take().text().toUpperCase(Locale.ROOT));
      in.require(LogqlTokenKind.OPEN_PARENTHESIS);
      String label = in.label();
      in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
      return new Unwrap(label, c, List.of());
    }
    if (!in.kind().isWord()) {
      throw in.unexpected("IDENTIFIER", "bytes", "duration", "duration_seconds");
    }
    return new Unwrap(in.take().text(), Conversion.NONE, List.of());
  }

  private void lineFilter(List<Stage> stages) {
    LineOp op =
        switch (in.take().kind()) {
          case PIPE_EXACT -> LineOp.CONTAINS;
          case PIPE_MATCH -> LineOp.MATCHES;
          case PIPE_PATTERN -> LineOp.PATTERN;
          case NEQ -> LineOp.NOT_CONTAINS;
          case NRE -> LineOp.NOT_MATCHES;
          default -> LineOp.NOT_PATTERN;
        };
    List<Operand> operands = new ArrayList<>();
    operands.add(operand());
    while (in.skip(LogqlTokenKind.OR)) {
      operands.add(operand());
    }
    if (op.negated()) { // none of them fits: the same as a filter for each
      operands.forEach(o -> stages.add(new Stage.LineFilter(op, List.of(o))));
    } else {
      stages.add(new Stage.LineFilter(op, operands));
    }
  }

  private Operand operand() {
    if (in.at(LogqlTokenKind.STRING)) {
      return new Operand(in.take().text(), false);
    }
    if (!in.at(LogqlTokenKind.IP)) {
      throw in.unexpected("STRING", "ip");
    }
    return new Operand(ip(), true);
  }

  private String ip() {
    in.take();
    in.require(LogqlTokenKind.OPEN_PARENTHESIS);
    String pattern = in.expect(LogqlTokenKind.STRING).text();
    in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
    return pattern;
  }

  /** Whether the current word is compared with something: then it is the name of a label. */
  private boolean comparisonFollows() {
    return switch (in.followingKind()) {
      case EQ, NEQ, RE, NRE, CMP_EQ, GT, GTE, LT, LTE -> true;
      default -> false;
    };
  }

  /**
   * Whether a keyword is the name of a label: a comparison follows, and none that is also a line
   * filter after a stage, as in {@code | json != "x"}.
   */
  private boolean isLabelName() {
    LogqlTokenKind next = in.followingKind();
    return comparisonFollows() && next != LogqlTokenKind.NEQ && next != LogqlTokenKind.NRE;
  }

  private Stage stage() {
    LogqlTokenKind kind = in.kind();
    if (kind.isWord() && kind != LogqlTokenKind.IDENTIFIER && isLabelName()) {
      return new Stage.LabelFilter(labelFilter());
    }
    switch (kind) {
      case JSON -> {
        in.take();
        return new Stage.Json(extractions());
      }
      case LOGFMT -> {
        in.take();
        return logfmt();
      }
      case PATTERN -> {
        in.take();
        return new Stage.Pattern(in.expect(LogqlTokenKind.STRING).text());
      }
      case REGEXP -> {
        in.take();
        return new Stage.Regexp(in.expect(LogqlTokenKind.STRING).text());
      }
      case UNPACK -> {
        in.take();
        return new Stage.Unpack();
      }
      case DECOLORIZE -> {
        in.take();
        return new Stage.Decolorize();
      }
      case LINE_FORMAT -> {
        in.take();
        return new Stage.LineFormat(in.expect(LogqlTokenKind.STRING).text());
      }
      case LABEL_FORMAT -> {
        in.take();
        return new Stage.LabelFormat(assignments());
      }
      case DROP -> {
        in.take();
        return new Stage.Drop(labelTests());
      }
      case KEEP -> {
        in.take();
        return new Stage.Keep(labelTests());
      }
      case IDENTIFIER -> {
        if (!comparisonFollows()) {
          String near = Suggestion.nearest(in.current().text(), STAGES);
          if (near != null) {
            throw in.unexpectedWord(STAGES);
          }
        }
        return new Stage.LabelFilter(labelFilter());
      }
      case OPEN_PARENTHESIS -> {
        return new Stage.LabelFilter(labelFilter());
      }
      default -> throw in.unexpected();
    }
  }

  private Stage logfmt() {
    boolean strict = false;
    boolean keepEmpty = false;
    while (in.at(LogqlTokenKind.FUNCTION_FLAG)) {
      LogqlToken flag = in.current();
      switch (flag.text()) {
        case "--strict" -> strict = true;
        case "--keep-empty" -> keepEmpty = true;
        default ->
            throw new LogqlParseException(
                flag.line(),
                flag.column(),
                "unknown flag "
                    + flag.text()
                    + " of logfmt; the flags are --strict and --keep-empty");
      }
      in.take();
    }
    return new Stage.Logfmt(strict, keepEmpty, extractions());
  }

  private List<Extraction> extractions() {
    List<Extraction> out = new ArrayList<>();
    if (!in.kind().isWord()) {
      return out;
    }
    do {
      String label = in.label();
      String expression =
          in.skip(LogqlTokenKind.EQ) ? in.expect(LogqlTokenKind.STRING).text() : label;
      out.add(new Extraction(label, expression));
    } while (in.skip(LogqlTokenKind.COMMA));
    return out;
  }

  private List<Assignment> assignments() {
    List<Assignment> out = new ArrayList<>();
    Set<String> names = new HashSet<>();
    do {
      LogqlToken place = in.current();
      String label = in.label();
      in.expect(LogqlTokenKind.EQ);
      if (label.equals("__error__")) {
        throw new LogqlParseException("__error__ cannot be formatted");
      }
      if (!names.add(label)) {
        throw new LogqlParseException(
            place.line(),
            place.column(),
            "multiple label name '" + label + "' not allowed in a single format operation");
      }
      if (in.at(LogqlTokenKind.STRING)) {
        out.add(new Assignment(label, in.take().text(), false));
      } else if (in.kind().isWord()) {
        out.add(new Assignment(label, in.take().text(), true));
      } else {
        throw in.unexpected("IDENTIFIER", "STRING");
      }
    } while (in.skip(LogqlTokenKind.COMMA));
    return out;
  }

  private List<LabelTest> labelTests() {
    List<LabelTest> out = new ArrayList<>();
    do {
      String label = in.label();
      boolean tested = comparisonKind();
      out.add(new LabelTest(label, tested ? matcher(label, matcherType()) : null));
    } while (in.skip(LogqlTokenKind.COMMA));
    return out;
  }

  private boolean comparisonKind() {
    return switch (in.kind()) {
      case EQ, NEQ, RE, NRE -> true;
      default -> false;
    };
  }

  // ---- label filters

  /**
   * Parses label filter conditions. {@code and} binds tighter than {@code or}; the right operand of
   * a comma is everything after it, as in Loki's grammar.
   */
  Condition labelFilter() {
    in.enter();
    Condition left = conjunction();
    while (in.skip(LogqlTokenKind.OR)) {
      in.countOperator();
      left = new Condition.Either(left, conjunction());
    }
    in.leave();
    return left;
  }

  private Condition conjunction() {
    Condition left = condition();
    while (true) {
      if (in.skip(LogqlTokenKind.COMMA)) {
        in.countOperator();
        return new Condition.Both(left, labelFilter());
      }
      boolean juxtaposed =
          in.at(LogqlTokenKind.OPEN_PARENTHESIS) || in.kind().isWord() && comparisonFollows();
      if (!in.skip(LogqlTokenKind.AND) && !juxtaposed) {
        return left;
      }
      in.countOperator();
      left = new Condition.Both(left, condition());
    }
  }

  private Condition condition() {
    if (in.skip(LogqlTokenKind.OPEN_PARENTHESIS)) {
      Condition c = labelFilter();
      in.require(LogqlTokenKind.CLOSE_PARENTHESIS);
      return c;
    }
    if (!in.kind().isWord()) {
      throw in.unexpected();
    }
    String label = in.take().text();
    LogqlToken op = in.current();
    switch (op.kind()) {
      case EQ, NEQ, RE, NRE, CMP_EQ, GT, GTE, LT, LTE -> in.take();
      default -> throw in.unexpected();
    }
    LogqlTokenKind kind = op.kind();
    boolean equality = kind == LogqlTokenKind.EQ || kind == LogqlTokenKind.NEQ;
    if (in.at(LogqlTokenKind.STRING)) {
      return switch (kind) {
        case EQ -> new Condition.Text(matcher(label, Matcher.Type.EQUAL));
        case NEQ -> new Condition.Text(matcher(label, Matcher.Type.NOT_EQUAL));
        case RE -> new Condition.Text(matcher(label, Matcher.Type.REGEX));
        case NRE -> new Condition.Text(matcher(label, Matcher.Type.NOT_REGEX));
        default -> throw in.unexpected();
      };
    }
    if (in.at(LogqlTokenKind.IP) && equality) {
      return new Condition.Ip(label, kind == LogqlTokenKind.NEQ, ip());
    }
    if (kind == LogqlTokenKind.RE || kind == LogqlTokenKind.NRE) {
      throw in.unexpected("STRING");
    }
    Comparison comparison =
        switch (kind) {
          case EQ, CMP_EQ -> Comparison.EQUAL;
          case NEQ -> Comparison.NOT_EQUAL;
          case GT -> Comparison.GREATER;
          case GTE -> Comparison.GREATER_OR_EQUAL;
          case LT -> Comparison.LESS;
          default -> Comparison.LESS_OR_EQUAL;
        };
    return switch (in.kind()) {
      case DURATION -> new Condition.Duration(label, comparison, in.take().nanos());
      case BYTES -> new Condition.Size(label, comparison, in.take().nanos());
      case NUMBER, SUB, ADD -> new Condition.Number(label, comparison, signedNumber());
      default -> throw in.unexpected();
    };
  }

  /** Parses a number with an optional sign. */
  double signedNumber() {
    if (in.skip(LogqlTokenKind.SUB)) {
      return -number();
    }
    in.skip(LogqlTokenKind.ADD);
    return number();
  }

  double number() {
    LogqlToken t = in.expect(LogqlTokenKind.NUMBER);
    Double v = floatOf(t.text());
    if (v == null) {
      throw new LogqlParseException(
          "unable to parse literal as a float: strconv.ParseFloat: parsing "
              + GoQuote.quote(t.text())
              + ": invalid syntax");
    }
    return v;
  }

  /** Parses a number like Go's strconv.ParseFloat: hexadecimal only with an exponent. */
  private static @Nullable Double floatOf(String s) {
    String low = s.toLowerCase(Locale.ROOT);
    boolean based = low.length() > 1 && low.charAt(0) == '0' && "xbo".indexOf(low.charAt(1)) >= 0;
    if (based && (low.charAt(1) != 'x' || low.indexOf('p') < 0)) {
      return null;
    }
    try {
      return Double.valueOf(s);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
