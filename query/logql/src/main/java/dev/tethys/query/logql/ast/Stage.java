package dev.tethys.query.logql.ast;

import dev.tethys.model.Matcher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Log pipeline stage. */
public sealed interface Stage {
  /** Returns the effect on a row, used to plan a query. */
  Effect effect();

  /**
   * Effect of a stage on a row.
   *
   * @param readsLine whether the result depends on the line
   * @param changesLine whether later stages see another line
   * @param changesLabels whether later stages see other labels, {@code __error__} included
   * @param isParser whether the stage only adds labels from the line, so that it has no effect if
   *     none of them is used
   */
  record Effect(boolean readsLine, boolean changesLine, boolean changesLabels, boolean isParser) {
    private static final Effect TESTS_LINE = new Effect(true, false, false, false);
    private static final Effect PARSES = new Effect(true, false, true, true);
    private static final Effect UNPACKS = new Effect(true, true, true, false);
    private static final Effect CLEANS_LINE = new Effect(true, true, false, false);

    private static Effect labels(boolean readsLine) {
      return new Effect(readsLine, false, true, false);
    }
  }

  private static boolean readsLine(String template) {
    return template.contains("__line__");
  }

  /** Line filter operator. */
  enum LineOp {
    CONTAINS("|=", false),
    NOT_CONTAINS("!=", true),
    MATCHES("|~", false),
    NOT_MATCHES("!~", true),
    PATTERN("|>", false),
    NOT_PATTERN("!>", true);

    private final String text;
    private final boolean negated;

    LineOp(String text, boolean negated) {
      this.text = text;
      this.negated = negated;
    }

    /** Returns the operator as written. */
    public String text() {
      return text;
    }

    /** Whether a line passes if it does not fit the operand. */
    public boolean negated() {
      return negated;
    }
  }

  /**
   * Line filter argument.
   *
   * @param ip whether the text is an address, a range or a network
   */
  record Operand(String text, boolean ip) {}

  /**
   * Filter on the line. A line passes if one of the operands fits; with a negated operator, if none
   * does.
   */
  record LineFilter(LineOp op, List<Operand> operands) implements Stage {
    public LineFilter {
      operands = List.copyOf(operands);
    }

    @Override
    public Effect effect() {
      return Effect.TESTS_LINE;
    }
  }

  /** Label extracted by an expression of a parser. */
  record Extraction(String label, String expression) {}

  /** {@code json}: all scalars, or only the extractions if there are any. */
  record Json(List<Extraction> extractions) implements Stage {
    public Json {
      extractions = List.copyOf(extractions);
    }

    @Override
    public Effect effect() {
      return Effect.PARSES;
    }
  }

  /** {@code logfmt}: all pairs, or only the extractions if there are any. */
  record Logfmt(boolean strict, boolean keepEmpty, List<Extraction> extractions) implements Stage {
    public Logfmt {
      extractions = List.copyOf(extractions);
    }

    @Override
    public Effect effect() {
      return Effect.PARSES;
    }
  }

  /** {@code pattern}: captures between literals. */
  record Pattern(String pattern) implements Stage {
    @Override
    public Effect effect() {
      return Effect.PARSES;
    }
  }

  /** {@code regexp}: named groups. */
  record Regexp(String expression) implements Stage {
    @Override
    public Effect effect() {
      return Effect.PARSES;
    }
  }

  /** {@code unpack}: labels and line of an entry packed by Promtail. */
  record Unpack() implements Stage {
    @Override
    public Effect effect() {
      return Effect.UNPACKS;
    }
  }

  /** Label filter. */
  record LabelFilter(Condition condition) implements Stage {
    @Override
    public Effect effect() {
      return Effect.labels(false);
    }
  }

  /** {@code line_format}: a line created by a Go template. */
  record LineFormat(String template) implements Stage {
    @Override
    public Effect effect() {
      return new Effect(readsLine(template), true, true, false);
    }
  }

  /**
   * Assignment of {@code label_format}.
   *
   * @param rename whether the value names a label that gets the new name; otherwise the value is a
   *     template
   */
  record Assignment(String label, String value, boolean rename) {}

  /** {@code label_format}. */
  record LabelFormat(List<Assignment> assignments) implements Stage {
    public LabelFormat {
      assignments = List.copyOf(assignments);
    }

    @Override
    public Effect effect() {
      return Effect.labels(assignments.stream().anyMatch(a -> !a.rename() && readsLine(a.value())));
    }
  }

  /** {@code decolorize}: removes ANSI escape sequences from the line. */
  record Decolorize() implements Stage {
    @Override
    public Effect effect() {
      return Effect.CLEANS_LINE;
    }
  }

  /**
   * Label of {@code drop} or {@code keep}.
   *
   * @param matcher condition on its value, null for any value
   */
  record LabelTest(String label, @Nullable Matcher matcher) {}

  /** {@code drop}: removes labels. */
  record Drop(List<LabelTest> labels) implements Stage {
    public Drop {
      labels = List.copyOf(labels);
    }

    @Override
    public Effect effect() {
      return Effect.labels(false);
    }
  }

  /** {@code keep}: removes all other labels. */
  record Keep(List<LabelTest> labels) implements Stage {
    public Keep {
      labels = List.copyOf(labels);
    }

    @Override
    public Effect effect() {
      return Effect.labels(false);
    }
  }
}
